package dev.kappa.reprocessing.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CatalogTest {

    private static CatalogChange change(long epoch, String view) {
        return new CatalogChange(
                "id-" + epoch,
                epoch,
                view,
                Instant.EPOCH,
                new CatalogChange.Operator("op", "host"),
                "replay start",
                List.of());
    }

    private static Catalog catalog(long epoch, Map<String, String> unreadable) {
        List<CatalogChange> changes = Stream.iterate(1L, next -> next + 1)
                .limit(epoch)
                .map(each -> change(each, each % 2 == 0 ? "even" : "odd"))
                .toList();
        return new Catalog(epoch, List.of(), changes, unreadable);
    }

    @Test
    void newEpochIsNews() {
        assertThat(catalog(2, Map.of()).differsFrom(catalog(1, Map.of()))).isTrue();
        assertThat(catalog(2, Map.of()).differsFrom(catalog(2, Map.of()))).isFalse();
    }

    @Test
    void recordThatCannotBeReadIsNewsThoughTheEpochIsTheSame() {
        Catalog unreadable = catalog(2, Map.of("odd", "format 9"));
        assertThat(unreadable.differsFrom(catalog(2, Map.of()))).isTrue();
        assertThat(catalog(2, Map.of()).differsFrom(unreadable)).isTrue();
        assertThat(unreadable.differsFrom(catalog(2, Map.of("odd", "format 9"))))
                .isFalse();
    }

    @Test
    void changesAfterAnEpochComeOldestFirst() {
        assertThat(catalog(5, Map.of()).changesAfter(2))
                .extracting(CatalogChange::epoch)
                .containsExactly(3L, 4L, 5L);
        assertThat(catalog(5, Map.of()).changes("odd", 1))
                .extracting(CatalogChange::epoch)
                .containsExactly(3L, 5L);
        assertThat(catalog(5, Map.of()).changesAfter(5)).isEmpty();
    }
}
