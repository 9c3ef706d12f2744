package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kappa.reprocessing.catalog.Catalog;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.lang.ref.WeakReference;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class ViewMetricsTest {

    /** A meter holds what it measures weakly unless it is told otherwise, and is no number once that is gone. */
    @Test
    void catalogIsMeasuredAlsoAfterACollection() {
        var meters = new SimpleMeterRegistry();
        var held = new Catalog[] {Catalog.EMPTY.at(7)};
        Supplier<Catalog> catalog = () -> held[0];
        new ViewMetrics(meters).register(catalog, Path.of("."));
        catalog = () -> Catalog.EMPTY;
        var garbage = new WeakReference<>(new Object());
        await().until(() -> {
            System.gc();
            return garbage.get() == null;
        });
        for (String name : List.of("kappa.catalog.epoch", "kappa.catalog.breaks", "kappa.catalog.replays")) {
            assertThat(meters.get(name).gauge().value()).as(name).isNotNaN();
        }
        assertThat(meters.get("kappa.catalog.epoch").gauge().value()).isEqualTo(7);
        assertThat(catalog.get()).isEqualTo(Catalog.EMPTY);
    }
}
