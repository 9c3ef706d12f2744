package dev.kappa.localdev.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kappa.events.DeviceLocation;
import dev.kappa.events.Transaction;
import dev.kappa.samples.fraudalerts.FraudAlertsSpec;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.kit.Drafts;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.InputRecord;
import dev.kappa.topologies.kit.Results;
import dev.kappa.topologies.kit.Topics;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A record of a table that was written before an event counts for it, though an instance has not heard of the record when it gets the event. */
@Tag("soak")
class TablesBeforeEventsIT {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final int CUSTOMERS = 40;
    private static final int PARTITIONS = 4;
    private static final String TABLE_TOPIC = "device-locations";
    private static final String STREAM_TOPIC = "transactions";
    private static final Input<DeviceLocation> TABLE = Input.table(TABLE_TOPIC, DeviceLocation.class);
    private static final Input<Transaction> STREAM = Input.stream(STREAM_TOPIC, Transaction.class);
    private static final String[] INSTANCES = {"-Dkappa.pool.include=fraud-alerts"};

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory = Path.of("");

    private int written;

    /** The instances wait for an answer of the broker for up to 30 s. Meanwhile, another one leads the table's partitions. */
    @Test
    void brokerOfTheTableIsFrozen() throws Exception {
        try (var cluster = new FaultCluster(directory, Map.of(), INSTANCES)) {
            cluster.start();
            int ofTable = cluster.controllerId() % 3 + 1;
            int ofStream = ofTable % 3 + 1;
            int third = 6 - ofTable - ofStream;
            leaders(cluster, ofTable, ofStream);
            Topics topics = cluster.topics();
            topics.write(locations(0));
            topics.write(transactions(0));
            awaitExpected(topics);

            cluster.brokers().get(ofTable - 1).signal("STOP");
            String[] addresses = cluster.kafka().split(",", -1);
            String others = addresses[ofStream - 1] + "," + addresses[third - 1];
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", others))) {
                await().atMost(PATIENCE)
                        .until(() -> partitions(admin).stream()
                                .allMatch(topic -> topic.partitions().stream()
                                        .allMatch(
                                                partition -> partition.leader().id() != ofTable
                                                        && partition.isr().stream()
                                                                .allMatch(node -> node.id() != ofTable))));
            }
            var toOthers = new Topics(others, cluster.registryAddress());
            toOthers.write(locations(4));
            toOthers.write(transactions(0));
            awaitExpected(toOthers);
        }
    }

    /**
     * The first record of the table completes the fetch that waits at the table's leader, so that nobody waits there when the second one is
     * written. The event completes the fetch that waits at the other leader.
     */
    @Test
    void instancesAreBusyWhileTheTableIsWritten() throws Exception {
        try (var cluster = new FaultCluster(directory, Map.of(), INSTANCES)) {
            cluster.start();
            leaders(cluster, 1, 2);
            Topics topics = cluster.topics();
            topics.write(locations(0));
            topics.write(transactions(0));
            awaitExpected(topics);
            for (int move = 1; move <= 5; move++) {
                signal(cluster, "STOP");
                topics.write(locations(8 * move));
                topics.write(locations(8 * move + 4));
                topics.write(transactions(8 * move));
                signal(cluster, "CONT");
                awaitExpected(topics);
            }
        }
    }

    private static void signal(FaultCluster cluster, String signal) throws Exception {
        for (FaultCluster.Member instance : cluster.instances()) {
            instance.signal(signal);
        }
    }

    private static List<TopicDescription> partitions(Admin admin) throws Exception {
        return List.copyOf(admin.describeTopics(List.of(TABLE_TOPIC, STREAM_TOPIC))
                .allTopicNames()
                .get()
                .values());
    }

    /** Makes one broker the leader of the table's partitions, and another one that of the stream's. */
    private static void leaders(FaultCluster cluster, int ofTable, int ofStream) throws Exception {
        int third = 6 - ofTable - ofStream;
        Map<String, List<Integer>> replicas = Map.of(
                TABLE_TOPIC, List.of(ofTable, ofStream, third),
                STREAM_TOPIC, List.of(ofStream, ofTable, third));
        try (Admin admin = cluster.admin()) {
            var orders = new HashMap<TopicPartition, Optional<NewPartitionReassignment>>();
            partitions(admin)
                    .forEach(topic -> topic.partitions()
                            .forEach(partition -> orders.put(
                                    new TopicPartition(topic.name(), partition.partition()),
                                    Optional.of(new NewPartitionReassignment(
                                            Objects.requireNonNull(replicas.get(topic.name())))))));
            admin.alterPartitionReassignments(orders).all().get();
            await().atMost(PATIENCE)
                    .until(() -> admin.listPartitionReassignments()
                            .reassignments()
                            .get()
                            .isEmpty());
            admin.electLeaders(ElectionType.PREFERRED, orders.keySet())
                    .partitions()
                    .get();
        }
    }

    /** Where the device of each customer is from now on. */
    private History locations(double degrees) {
        return history(customer -> new InputRecord(
                TABLE,
                Drafts.partitionOf(customer, PARTITIONS),
                customer,
                new DeviceLocation(customer, 40 + degrees, 10.0, Instant.now()),
                InputRecord.Form.KNOWN,
                Instant.now()));
    }

    /** A transaction of each customer. */
    private History transactions(double degrees) {
        return history(customer -> new InputRecord(
                STREAM,
                Drafts.partitionOf(customer, PARTITIONS),
                customer,
                new Transaction(
                        "tx-" + written++,
                        customer,
                        null,
                        BigDecimal.ONE,
                        "EUR",
                        40 + degrees,
                        10.0,
                        null,
                        Instant.now()),
                InputRecord.Form.KNOWN,
                Instant.now()));
    }

    private interface Draft {
        InputRecord of(String customer);
    }

    private static History history(Draft draft) {
        var records = new ArrayList<InputRecord>();
        for (int i = 0; i < CUSTOMERS; i++) {
            records.add(draft.of("customer-" + i));
        }
        return new History(records);
    }

    private void awaitExpected(Topics topics) {
        var spec = new FraudAlertsSpec();
        Map<Object, Object> expected = spec.expected(topics.read(List.of(spec)), Map.of());
        // A customer's second transaction is a burst, or far from the device; the first may be neither.
        assertThat(expected).hasSizeGreaterThanOrEqualTo(written - CUSTOMERS);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Results.differences(
                                expected, topics.output(spec.definition(), 1).results()))
                        .isEmpty());
    }
}
