package dev.kappa.samples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.Views;
import java.util.HashSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SamplesTest {

    static Iterable<ViewDefinition> views() {
        return Views.discover();
    }

    @Test
    void viewsAreFoundOnTheClassPath() {
        assertThat(Views.discover()).extracting(ViewDefinition::name).contains("fraud-alerts", "hashtag-trends");
    }

    @ParameterizedTest
    @MethodSource("views")
    void namesWithinAViewAreUnique(ViewDefinition view) {
        var stores = new HashSet<String>();
        assertThat(view.stores())
                .allSatisfy(store -> assertThat(stores.add(store.name())).isTrue());
        var parameters = new HashSet<String>();
        assertThat(view.parameters())
                .allSatisfy(parameter ->
                        assertThat(parameters.add(parameter.name())).isTrue());
    }

    @ParameterizedTest
    @MethodSource("views")
    void everythingAUserSeesIsDescribed(ViewDefinition view) {
        assertThat(view.description()).isNotBlank();
        assertThat(view.revision()).isPositive();
        assertThat(view.parameters())
                .allSatisfy(parameter -> assertThat(parameter.description()).isNotBlank());
        assertThat(view.inputs())
                .allSatisfy(input -> assertThat(input.schema().key()).isPresent());
    }

    @ParameterizedTest
    @MethodSource("views")
    void parametersSurviveBeingWrittenAsText(ViewDefinition view) {
        ParameterValues defaults = ParameterValues.of(view, Map.of());
        assertThat(ParameterValues.of(view, defaults.asText()).asText()).isEqualTo(defaults.asText());
    }

    @Test
    void unknownParameterIsNamedWithTheOnesThereAre() {
        ViewDefinition view = Views.discover().getFirst();
        assertThatThrownBy(() -> ParameterValues.of(view, Map.of("windwo", "PT1H")))
                .hasMessageContaining("windwo")
                .hasMessageContaining(view.parameters().getFirst().name());
    }
}
