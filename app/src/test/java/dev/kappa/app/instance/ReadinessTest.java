package dev.kappa.app.instance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.app.instance.Readiness.Situation;
import dev.kappa.app.version.VersionState;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReadinessTest {

    private static final String SELF = "self:8080";
    private static final VersionId TRENDS = new VersionId("trends", 1);
    private static final VersionId ALERTS = new VersionId("alerts", 2);

    private final Map<VersionId, VersionState> states = new HashMap<>();
    private final Map<VersionId, Optional<Integer>> copies = new HashMap<>();
    private final List<InstanceReport> fleet = new ArrayList<>(List.of(report(SELF, VersionState.RUNNING, 0)));

    ReadinessTest() {
        states.put(TRENDS, VersionState.RUNNING);
        states.put(ALERTS, VersionState.RUNNING);
        copies.put(TRENDS, Optional.of(0));
        copies.put(ALERTS, Optional.of(0));
    }

    @Test
    void readyWhenAllActiveVersionsRun() {
        assertThat(isReady(false)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(
            value = VersionState.class,
            names = {"STARTING", "REBALANCING", "STOPPED"})
    void notReadyWhileAVersionDoesNotRunYet(VersionState state) {
        states.put(ALERTS, state);
        assertThat(isReady(false)).isFalse();
        assertThat(isReady(true)).isFalse();
    }

    @Test
    void versionThatIsNotKnownYetHasNotStarted() {
        states.remove(ALERTS);
        assertThat(isReady(false)).isFalse();
    }

    @Test
    void versionThatIsLeftToOthersDoesNotCount() {
        states.put(ALERTS, VersionState.NEEDS_REPLAY);
        assertThat(isReady(false)).isTrue();
    }

    @Test
    void versionThatFailsHereAloneStopsARollout() {
        states.put(ALERTS, VersionState.FAILED);
        assertThat(isReady(false)).isFalse();

        fleet.add(report("other:8080", VersionState.RUNNING, 0));
        assertThat(isReady(false)).isFalse();
    }

    @Test
    void versionThatFailsElsewhereTooDoesNotKeepTheOthersOut() {
        states.put(ALERTS, VersionState.FAILED);
        fleet.add(report("other:8080", VersionState.FAILED, 0));
        assertThat(isReady(false)).isTrue();
    }

    @Test
    void failureOfOneVersionDoesNotEndService() {
        states.put(ALERTS, VersionState.FAILED);
        assertThat(isReady(true)).isTrue();
        states.put(TRENDS, VersionState.FAILED);
        assertThat(isReady(true)).isFalse();
    }

    @Test
    void instanceThatHasNotHeardItsOwnReportWaits() {
        fleet.clear();
        Readiness readiness = Readiness.of(situation(), false);
        assertThat(readiness.isReady()).isFalse();
        assertThat(readiness.waitsFor()).hasValue("reports of the other instances");
        assertThat(isReady(true)).isTrue();
    }

    @Test
    void instanceThatStartsWaitsForCopies() {
        fleet.add(report("other:8080", VersionState.RUNNING, 3));
        assertThat(isReady(false)).isFalse();
        assertThat(isReady(true)).isTrue();

        fleet.set(1, report("other:8080", VersionState.RUNNING, 0));
        assertThat(isReady(false)).isTrue();
        copies.put(TRENDS, Optional.of(1));
        assertThat(isReady(false)).isFalse();
        copies.put(TRENDS, Optional.empty());
        assertThat(isReady(false)).as("not measured yet").isFalse();
    }

    private boolean isReady(boolean wasReady) {
        return Readiness.of(situation(), wasReady).isReady();
    }

    private Situation situation() {
        return new Situation(Set.of(TRENDS, ALERTS), List.of(TRENDS, ALERTS), states, copies, fleet, SELF);
    }

    private static InstanceReport report(String advertised, VersionState alerts, int behind) {
        var version = new VersionReport(
                "alerts", 2, alerts.name(), null, null, 0L, behind, 0, 0L, 0L, 0L, 0L, null, List.of());
        return new InstanceReport(advertised, advertised, "", 1L, false, "http", false, List.of(version));
    }
}
