package dev.kappa.reprocessing.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
                List.of(),
                Optional.empty());
    }

    private static Catalog catalog(long epoch, Map<String, String> unreadable) {
        List<CatalogChange> changes = Stream.iterate(1L, next -> next + 1)
                .limit(epoch)
                .map(each -> change(each, each % 2 == 0 ? "even" : "odd"))
                .toList();
        return new Catalog(epoch, List.of(), changes, unreadable);
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
