package dev.kappa.reprocessing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.topologies.Views;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CatalogTest {

    @Test
    void newInstallationHasVersionOneOfEveryViewActive() {
        Catalog catalog = Catalog.ofFirstVersions(Views.discover(), Map.of());
        assertThat(catalog.views()).containsExactly("fraud-alerts", "hashtag-trends");
        assertThat(catalog.active("hashtag-trends"))
                .hasValueSatisfying(version -> assertThat(version.id()).hasToString("hashtag-trends.v1"));
        assertThat(catalog.active("nothing")).isEmpty();
    }

    @Test
    void settingsBecomeParametersOfTheFirstVersion() {
        Catalog catalog =
                Catalog.ofFirstVersions(Views.discover(), Map.of("hashtag-trends", Map.of("window", "PT10M")));
        assertThat(catalog.active("hashtag-trends").orElseThrow().parameters().asText())
                .containsEntry("window", "PT10M")
                .containsEntry("grace", "PT10M");
    }

    @Test
    void settingForAViewThatDoesNotExistIsNamed() {
        assertThatThrownBy(() -> Catalog.ofFirstVersions(Views.discover(), Map.of("trends", Map.of("window", "PT1H"))))
                .hasMessageContaining("trends")
                .hasMessageContaining("hashtag-trends");
    }
}
