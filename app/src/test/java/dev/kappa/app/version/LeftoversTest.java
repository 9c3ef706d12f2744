package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.Transition;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.Views;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LeftoversTest {

    private static final VersionId ID = new VersionId("trends", 1);
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

    private final BlockingQueue<VersionId> deleted = new LinkedBlockingQueue<>();
    private final Leftovers leftovers = new Leftovers(deleted::add);

    private static Catalog retired() {
        ViewVersion version = ViewVersion.planned(
                        ID,
                        Blueprint.of(Views.discover().getFirst(), Map.of()),
                        Optional.empty(),
                        4,
                        Optional.empty(),
                        NOW)
                .in(Phase.RETIRED, NOW);
        return new Catalog(5, List.of(version), List.of(), Map.of());
    }

    private static Catalog removed() {
        Catalog retired = retired();
        List<ViewVersion> changed = Transition.removed(ID, true).apply(retired, 6, NOW);
        return new Catalog(6, changed, List.of(), Map.of());
    }

    @Test
    void whatIsLeftIsDeletedOnceTheVersionHasBeenRemoved() throws InterruptedException {
        leftovers.stopped(ID);
        leftovers.check(retired());
        assertThat(deleted).isEmpty();
        leftovers.check(removed());
        leftovers.check(removed());
        assertThat(deleted.poll(1, TimeUnit.MINUTES)).isEqualTo(ID);
        assertThat(deleted).isEmpty();
    }

    @Test
    void versionThatDidNotRunHereLeavesNothing() {
        leftovers.check(removed());
        assertThat(deleted).isEmpty();
    }
}
