package dev.kappa.app.instance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HandOverPolicyTest {

    private static final VersionId VERSION = new VersionId("trends", 1);
    private static final Map<VersionId, Integer> PARTITIONS = Map.of(VERSION, 4);
    private static final int COPIES = 2;

    @Test
    void leavesWhenAllCopiesAreComplete() {
        assertThat(HandOverPolicy.mayLeave(
                        "b", List.of(leaving("b", 3), staying("a", 3), staying("c", 2)), PARTITIONS, COPIES))
                .isTrue();
    }

    @Test
    void waitsWhileACopyIsMade() {
        assertThat(HandOverPolicy.mayLeave(
                        "b", List.of(leaving("b", 3), staying("a", 3), staying("c", 1)), PARTITIONS, COPIES))
                .isFalse();
    }

    @Test
    void anotherThatLeavesGoesFirst() {
        List<InstanceReport> alive = List.of(leaving("a", 3), leaving("b", 3), staying("c", 2));

        assertThat(HandOverPolicy.mayLeave("a", alive, PARTITIONS, COPIES)).isTrue();
        assertThat(HandOverPolicy.mayLeave("b", alive, PARTITIONS, COPIES)).isFalse();
    }

    @Test
    void nobodyWaitsWhenAllLeave() {
        List<InstanceReport> alive = List.of(leaving("a", 0), leaving("b", 0));

        assertThat(HandOverPolicy.mayLeave("b", alive, PARTITIONS, COPIES)).isTrue();
    }

    @Test
    void theLastButOneNeedsOneCopyOfItsOwnToBeEnough() {
        assertThat(HandOverPolicy.mayLeave("b", List.of(leaving("b", 4), staying("a", 4)), PARTITIONS, 3))
                .isTrue();
        assertThat(HandOverPolicy.mayLeave("b", List.of(leaving("b", 4), staying("a", 3)), PARTITIONS, 3))
                .isFalse();
    }

    private static InstanceReport leaving(String instance, int complete) {
        return report(instance, true, complete);
    }

    private static InstanceReport staying(String instance, int complete) {
        return report(instance, false, complete);
    }

    private static InstanceReport report(String instance, boolean leaving, int complete) {
        return InstanceReport.newBuilder()
                .setInstance(instance)
                .setAdvertised(instance + ":8080")
                .setPool("default")
                .setEpoch(1)
                .setStopped(false)
                .setLeaving(leaving)
                .setVersions(List.of(VersionReport.newBuilder()
                        .setView(VERSION.view())
                        .setNumber(VERSION.number())
                        .setState("RUNNING")
                        .setComplete(complete)
                        .setPositions(List.of())
                        .build()))
                .build();
    }
}
