package dev.kappa.app.instance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FleetActivityTest {

    private static final VersionId TRENDS = new VersionId("trends", 1);
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final FleetActivity activity = new FleetActivity(START);

    private static InstanceReport report(
            String instance, long read, long written, long deadLetters, @Nullable Long lag) {
        var version = new VersionReport(
                "trends", 1, "RUNNING", null, null, 0L, 0, 0, read, written, deadLetters, 0L, lag, List.of());
        return new InstanceReport(instance, instance + ":8080", "main", 1L, false, "http", false, List.of(version));
    }

    private void at(int second, InstanceReport... alive) {
        activity.apply(List.of(alive), START.plusSeconds(second));
    }

    @Test
    void ratesAreThoseOfTheWholeFleet() {
        for (int second = 0; second <= 20; second += 2) {
            at(second, report("a", 1_000 + 10L * second, 5L * second, 0, 3L), report("b", 7L * second, second, 0, 4L));
        }
        assertThat(activity.rates(TRENDS).readPerSecond()).isCloseTo(17, within(0.1));
        assertThat(activity.rates(TRENDS).writtenPerSecond()).isCloseTo(6, within(0.1));
        assertThat(activity.history(TRENDS)).hasSize(2).allSatisfy(point -> {
            assertThat(point.readPerSecond()).isCloseTo(17, within(0.1));
            assertThat(point.lag()).isEqualTo(Optional.of(7L));
        });
    }

    @Test
    void counterThatStartsOverAddsNothing() {
        at(0, report("a", 500, 100, 4, 0L));
        at(5, report("a", 600, 150, 5, 0L));
        at(10, report("a", 20, 3, 0, 0L));
        assertThat(activity.history(TRENDS)).singleElement().satisfies(point -> {
            assertThat(point.readPerSecond()).isCloseTo(10, within(0.01));
            assertThat(point.deadLetters()).isEqualTo(1);
        });
        assertThat(activity.deadLetters(TRENDS)).isEqualTo(1);
    }

    @Test
    void instanceThatComesLaterCountsFromZero() {
        at(0, report("a", 0, 0, 0, 0L));
        at(12, report("a", 0, 0, 0, 0L));
        at(14, report("a", 0, 0, 0, 0L), report("b", 40, 0, 2, 0L));
        assertThat(activity.deadLetters(TRENDS)).isEqualTo(2);
        assertThat(activity.rates(TRENDS).readPerSecond()).isPositive();
    }

    @Test
    void historyIsAQuarterOfAnHourAndAVersionThatIsGoneIsForgotten() {
        for (int second = 0; second <= 2_000; second++) {
            at(second, report("a", second, 0, 0, null));
        }
        assertThat(activity.history(TRENDS)).hasSize(90);
        for (int second = 2_001; second <= 4_000; second++) {
            at(second);
        }
        assertThat(activity.history(TRENDS)).isEmpty();
    }

    @Test
    void unknownVersionHasNoActivity() {
        assertThat(activity.rates(TRENDS).readPerSecond()).isZero();
        assertThat(activity.history(TRENDS)).isEmpty();
        assertThat(activity.deadLetters(TRENDS)).isZero();
    }
}
