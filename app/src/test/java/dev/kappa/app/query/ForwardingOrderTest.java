package dev.kappa.app.query;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ForwardingOrderTest {

    private static final VersionId VERSION = new VersionId("trends", 2);

    @Test
    void equallyGoodInstancesTakeTurns() {
        var first = new HashMap<String, Integer>();
        for (int turn = -30; turn < 30; turn++) {
            first.merge(
                    ForwardingOrder.of(
                                    List.of(
                                            report("a", "RUNNING", false),
                                            report("b", "RUNNING", false),
                                            report("c", "RUNNING", false)),
                                    VERSION,
                                    _ -> false,
                                    turn)
                            .getFirst(),
                    1,
                    Integer::sum);
        }
        assertThat(first).isEqualTo(Map.of("a", 20, "b", 20, "c", 20));
    }

    @Test
    void everyOtherInstanceIsAFallback() {
        assertThat(ForwardingOrder.of(
                        List.of(
                                report("leaving", "RUNNING", true),
                                report("restoring", "REBALANCING", false),
                                report("suspect", "RUNNING", false),
                                report("good", "RUNNING", false)),
                        VERSION,
                        "suspect"::equals,
                        0))
                .containsExactly("good", "restoring", "suspect", "leaving");
    }

    @Test
    void instancesThatDoNotRunTheVersionAreLeftOut() {
        assertThat(ForwardingOrder.of(
                        List.of(report("failed", "FAILED", false), report("unmatched", "NEEDS_REPLAY", false)),
                        VERSION,
                        _ -> false,
                        7))
                .isEmpty();
        assertThat(ForwardingOrder.of(
                        List.of(report("a", "RUNNING", false)), new VersionId("trends", 1), _ -> false, 0))
                .isEmpty();
    }

    private static InstanceReport report(String advertised, String state, boolean isLeaving) {
        var version = new VersionReport("trends", 2, state, null, null, 0L, 0, 0, 0L, 0L, 0L, 0L, null, List.of());
        return new InstanceReport(advertised, advertised, "", 1L, false, "http", isLeaving, List.of(version));
    }
}
