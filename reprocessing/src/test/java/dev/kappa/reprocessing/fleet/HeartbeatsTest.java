package dev.kappa.reprocessing.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.catalog.InstanceReport;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class HeartbeatsTest {

    private static final long TEN_MINUTES = Duration.ofMinutes(10).toMillis();

    private final BrokerClock clock = new BrokerClock();
    private final Heartbeats heartbeats = new Heartbeats(clock);

    private static InstanceReport report(String instance, boolean isStopped) {
        return InstanceReport.newBuilder()
                .setInstance(instance)
                .setAdvertised(instance + ":8080")
                .setPool("main")
                .setEpoch(1)
                .setStopped(isStopped)
                .setVersions(List.of())
                .build();
    }

    private static long nanos(long second) {
        return Duration.ofSeconds(second).toNanos();
    }

    /** A report arrives at once. */
    private void reports(String instance, long second, long clockOffMs) {
        long at = second * 1000 + clockOffMs;
        clock.arrived(at, nanos(second));
        heartbeats.heard(report(instance, false), at, nanos(second));
    }

    private List<String> alive(long second) {
        return heartbeats.alive(nanos(second)).stream()
                .map(InstanceReport::getInstance)
                .toList();
    }

    @Test
    void instanceThatIsSilentIsDead() {
        reports("a", 100, 0);
        reports("b", 105, 0);
        assertThat(alive(109)).containsExactly("a", "b");
        assertThat(alive(111)).containsExactly("b");
        assertThat(alive(116)).isEmpty();
    }

    @Test
    void oldReportThatIsReadNowMakesNobodyAlive() {
        clock.arrived(100_000, nanos(100));
        heartbeats.heard(report("a", false), 80_000, nanos(100));
        heartbeats.heard(report("b", false), 95_000, nanos(100));
        assertThat(alive(100)).containsExactly("b");
        assertThat(alive(106)).isEmpty();
    }

    @Test
    void stoppedInstanceIsNotAlive() {
        reports("a", 100, 0);
        heartbeats.heard(report("a", true), 101_000, nanos(101));
        assertThat(alive(101)).isEmpty();
    }

    @Test
    void clockOfTheBrokerThatJumpsSilencesNobody() {
        reports("a", 98, 0);
        reports("b", 98, 0);
        long second = 100;
        for (long off : List.of(0L, TEN_MINUTES, 0L, -TEN_MINUTES, 0L)) {
            for (int report = 0; report < 10; report++) {
                reports("a", second, off);
                assertThat(alive(second))
                        .as("clock off by %d ms, report %d", off, report)
                        .containsExactly("a", "b");
                reports("b", second, off);
                assertThat(alive(second))
                        .as("clock off by %d ms, report %d", off, report)
                        .containsExactly("a", "b");
                second += 2;
            }
        }
    }

    /** A command, or an instance that has just started, reads what was reported before at once. */
    @Test
    void reportsOfBeforeAClockWasSetBackMakeNobodyAlive() {
        clock.is(200_000, nanos(200));
        clock.arrived(195_000 + TEN_MINUTES, nanos(200));
        clock.arrived(198_000, nanos(200));
        clock.arrived(200_000, nanos(200));
        heartbeats.heard(report("gone", false), 195_000 + TEN_MINUTES, nanos(200));
        heartbeats.heard(report("alive", false), 198_000, nanos(200));
        assertThat(alive(200)).containsExactly("alive");
        assertThat(alive(207)).containsExactly("alive");
        assertThat(alive(209)).isEmpty();
    }
}
