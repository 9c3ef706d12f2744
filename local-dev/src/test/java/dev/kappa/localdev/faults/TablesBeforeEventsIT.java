package dev.kappa.localdev.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kappa.events.BlockedAuthor;
import dev.kappa.events.DeviceLocation;
import dev.kappa.events.Post;
import dev.kappa.events.Transaction;
import dev.kappa.samples.fraudalerts.FraudAlertsSpec;
import dev.kappa.samples.hashtagtrends.HashtagTrendsSpec;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.kit.Drafts;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.InputRecord;
import dev.kappa.topologies.kit.Results;
import dev.kappa.topologies.kit.Topics;
import dev.kappa.topologies.kit.ViewSpec;
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
import org.apache.avro.specific.SpecificRecord;
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
    private static final Input<DeviceLocation> TABLE = Input.table("device-locations", DeviceLocation.class);
    private static final Input<Transaction> STREAM = Input.stream("transactions", Transaction.class);
    private static final Input<BlockedAuthor> BLOCKED = Input.table("blocked-authors", BlockedAuthor.class);
    private static final Input<Post> POSTS = Input.stream("posts", Post.class);
    private static final int AUTHORS = 200;
    private static final int BLOCKED_AUTHORS = 20_000;
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
            leaders(cluster, TABLE, ofTable, STREAM, ofStream);
            Topics topics = cluster.topics();
            topics.write(locations(0));
            topics.write(transactions(0));
            awaitExpected(topics);

            cluster.brokers().get(ofTable - 1).signal("STOP");
            String[] addresses = cluster.kafka().split(",", -1);
            String others = addresses[ofStream - 1] + "," + addresses[third - 1];
            try (Admin admin = Admin.create(Map.of("bootstrap.servers", others))) {
                await().atMost(PATIENCE)
                        .until(() -> partitions(admin, TABLE, STREAM).stream()
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
            leaders(cluster, TABLE, 1, STREAM, 2);
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

    /** The table has many more records than Kafka Streams takes at once, and the posts go through a repartition topic. */
    @Test
    void muchIsWrittenToTheTableBeforeTheEvents() throws Exception {
        try (var cluster = new FaultCluster(directory, Map.of(), "-Dkappa.pool.include=hashtag-trends")) {
            cluster.start();
            leaders(cluster, BLOCKED, 1, POSTS, 2);
            Topics topics = cluster.topics();
            var spec = new HashtagTrendsSpec();
            for (int round = 0; round < 3; round++) {
                signal(cluster, "STOP");
                topics.write(blockedAuthors(round, 0, AUTHORS));
                topics.write(blockedAuthors(round, AUTHORS, BLOCKED_AUTHORS));
                topics.write(posts(round));
                signal(cluster, "CONT");
                Map<Object, Object> expected = spec.expected(topics.read(List.of(spec)), Map.of());
                assertThat(expected).isNotEmpty();
                awaitResults(topics, spec, expected);
            }
        }
    }

    /** Many, and at last those who have posted before. */
    private static History blockedAuthors(int round, int from, int to) {
        var records = new ArrayList<InputRecord>();
        for (int i = from; i < to; i++) {
            String author = i < BLOCKED_AUTHORS - AUTHORS ? "other-" + round + "-" + i : author(round, i);
            records.add(record(BLOCKED, author, new BlockedAuthor(author, null, Instant.now())));
        }
        return new History(records);
    }

    /** Of authors who are blocked, and of as many who are not. */
    private static History posts(int round) {
        var records = new ArrayList<InputRecord>();
        for (int i = BLOCKED_AUTHORS - 2 * AUTHORS; i < BLOCKED_AUTHORS; i++) {
            String post = "post-" + round + "-" + i;
            records.add(record(
                    POSTS, post, new Post(post, author(round, i), null, List.of("tag-" + i % 8), Instant.now())));
        }
        return new History(records);
    }

    private static String author(int round, int number) {
        return "author-" + round + "-" + number;
    }

    private static <V extends SpecificRecord> InputRecord record(Input<V> input, String key, V value) {
        return new InputRecord(
                input, Drafts.partitionOf(key, PARTITIONS), key, value, InputRecord.Form.KNOWN, Instant.now());
    }

    private static void signal(FaultCluster cluster, String signal) throws Exception {
        for (FaultCluster.Member instance : cluster.instances()) {
            instance.signal(signal);
        }
    }

    private static List<TopicDescription> partitions(Admin admin, Input<?> table, Input<?> stream) throws Exception {
        return List.copyOf(admin.describeTopics(List.of(table.topic(), stream.topic()))
                .allTopicNames()
                .get()
                .values());
    }

    /** Makes one broker the leader of the table's partitions, and another one that of the stream's. */
    private static void leaders(FaultCluster cluster, Input<?> table, int ofTable, Input<?> stream, int ofStream)
            throws Exception {
        int third = 6 - ofTable - ofStream;
        Map<String, List<Integer>> replicas = Map.of(
                table.topic(), List.of(ofTable, ofStream, third),
                stream.topic(), List.of(ofStream, ofTable, third));
        try (Admin admin = cluster.admin()) {
            var orders = new HashMap<TopicPartition, Optional<NewPartitionReassignment>>();
            partitions(admin, table, stream)
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
        return history(
                customer -> record(TABLE, customer, new DeviceLocation(customer, 40 + degrees, 10.0, Instant.now())));
    }

    /** A transaction of each customer. */
    private History transactions(double degrees) {
        return history(customer -> record(
                STREAM,
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
                        Instant.now())));
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
        awaitResults(topics, spec, expected);
    }

    private static void awaitResults(Topics topics, ViewSpec spec, Map<Object, Object> expected) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Results.differences(
                                expected, topics.output(spec.definition(), 1).results()))
                        .isEmpty());
    }
}
