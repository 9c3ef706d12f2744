package dev.kappa.reprocessing.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** These names are a contract: consumers, ACLs and dashboards depend on them. */
class ClusterNamesTest {

    private static final VersionId VERSION = new VersionId("fraud-alerts", 3);

    @Test
    void namesCarryViewAndNumber() {
        var names = new ClusterNames("");
        assertThat(names.applicationId(VERSION)).isEqualTo("kappa.fraud-alerts.v3");
        assertThat(names.outputTopic(VERSION)).isEqualTo("fraud-alerts.v3");
        assertThat(names.deadLetterTopic("fraud-alerts")).isEqualTo("fraud-alerts.dlq");
        assertThat(names.changelogTopic(VERSION, "alerts")).isEqualTo("kappa.fraud-alerts.v3-alerts-changelog");
    }

    @Test
    void prefixStandsBeforeAllOfThem() {
        var names = new ClusterNames("team-a.");
        assertThat(names.applicationId(VERSION)).isEqualTo("team-a.kappa.fraud-alerts.v3");
        assertThat(names.outputTopic(VERSION)).isEqualTo("team-a.fraud-alerts.v3");
        assertThat(names.deadLetterTopic("fraud-alerts")).isEqualTo("team-a.fraud-alerts.dlq");
    }

    @Test
    void prefixKafkaDoesNotTakeIsRejected() {
        assertThatThrownBy(() -> new ClusterNames("a b")).hasMessageContaining("\"a b\"");
        assertThatThrownBy(() -> new VersionId("a", 0)).hasMessageContaining("from 1");
    }
}
