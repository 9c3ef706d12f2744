package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Signals;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** A version whose place in its inputs is lost, or whose inputs change beneath it, counts nothing twice and skips nothing in silence. */
class PositionsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String ONE_VIEW = "-Dkappa.pool.include=hashtag-trends";
    private static final String GROUP = "kappa.hashtag-trends.v1";

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory = Path.of("");

    private int loaded;

    @Test
    @Handles(
            input = "a version's committed offsets are gone (expired, or its group was deleted)",
            outcome = "`POSITION_LOST` with the remedies; nothing is counted twice")
    void versionWithoutItsOffsetsDoesNotStartByItself() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            start(cluster);
            load(cluster, 100);
            awaitTotal(cluster, 100);
            cluster.app().close();
            try (Admin admin = cluster.admin()) {
                deleteGroup(admin);
            }

            cluster.launchApp(Map.of(), ONE_VIEW);
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> version(cluster).path("state").asText().equals("POSITION_LOST"));
            assertThat(version(cluster).path("detail").asText())
                    .contains("posts, partition 0")
                    .contains("kappa replay start hashtag-trends")
                    .contains("kappa replay reset-position hashtag-trends --version 1");

            LocalCluster.Outcome meant =
                    cluster.run("replay", "reset-position", "hashtag-trends", "--to", "earliest", "--dry-run");
            assertThat(meant.exitCode()).as(meant.err()).isZero();
            assertThat(meant.out()).contains("counted twice where the version has read them before");
            assertThat(cluster.run("replay", "reset-position", "hashtag-trends", "--to", "now")
                            .exitCode())
                    .isEqualTo(2);
            LocalCluster.Outcome reset =
                    cluster.run("replay", "reset-position", "hashtag-trends", "--to", "latest", "--yes");
            assertThat(reset.exitCode()).as(reset.err()).isZero();
            load(cluster, 10);
            awaitTotal(cluster, 110);
            assertThat(cluster.run("replay", "reset-position", "hashtag-trends", "--to", "latest", "--yes")
                            .err())
                    .contains("Instances run hashtag-trends.v1");
            assertThat(cluster.run("replay", "history", "hashtag-trends").out()).contains("reset-position");
        }
    }

    /** Nobody has run the version in STANDBY for so long that its offsets have expired; then instances with its code are back. */
    @Test
    @Tag("soak")
    void readersAreNotSwitchedBackToAVersionWhosePlaceIsLost() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            start(cluster);
            load(cluster, 100);
            awaitTotal(cluster, 100);
            assertThat(cluster.kappa("replay", "start", "hashtag-trends", "--watch"))
                    .isZero();
            assertThat(cluster.kappa("replay", "switch", "hashtag-trends")).isZero();
            cluster.app().close();
            try (Admin admin = cluster.admin()) {
                // The group of version 1.
                deleteGroup(admin);
            }
            load(cluster, 20);

            start(cluster);
            awaitTotal(cluster, 120);
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() -> version(cluster).path("state").asText().equals("POSITION_LOST"));
            LocalCluster.Outcome rollback = cluster.run("replay", "rollback", "hashtag-trends");
            assertThat(rollback.exitCode()).isEqualTo(1);
            assertThat(rollback.err()).contains("No instance").contains("hashtag-trends.v1");
            assertThat(cluster.kappa("replay", "retire", "hashtag-trends", "--version", "1", "--yes"))
                    .isZero();
            awaitTotal(cluster, 120);
        }
    }

    @Test
    @Tag("soak")
    @Handles(
            input = "records that are deleted before a version has read them (retention, `delete-records`)",
            outcome = "the catalog names topic, partition and offsets; a rollback to the version needs `--force`")
    void recordsDeletedBeforeTheyWereReadAreReported() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            start(cluster);
            load(cluster, 100);
            awaitTotal(cluster, 100);
            cluster.app().close();
            load(cluster, 50);
            try (Admin admin = cluster.admin()) {
                deleteRecords(admin);
            }
            load(cluster, 10);

            start(cluster);
            awaitTotal(cluster, 110);
            long missing = 0;
            for (JsonNode gap : version(cluster).path("gaps")) {
                assertThat(gap.path("topic").asText()).isEqualTo("posts");
                missing += gap.path("count").asLong();
            }
            assertThat(missing).isEqualTo(50);
            assertThat(cluster.run("replay", "status", "hashtag-trends").out())
                    .contains("v1 is incomplete since")
                    .contains("posts, partition");

            assertThat(cluster.run("replay", "start", "hashtag-trends", "--allow-truncated", "--watch")
                            .exitCode())
                    .isZero();
            assertThat(cluster.run("replay", "switch", "hashtag-trends").exitCode())
                    .isZero();
            LocalCluster.Outcome rollback = cluster.run("replay", "rollback", "hashtag-trends");
            assertThat(rollback.exitCode()).isEqualTo(1);
            assertThat(rollback.err()).contains("incomplete").contains("--force");
            assertThat(cluster.run("replay", "rollback", "hashtag-trends", "--force")
                            .exitCode())
                    .isZero();
        }
    }

    @Test
    @Tag("soak")
    @Handles(
            input = "partitions that are added to an input topic",
            outcome = "`PARTITIONS_ADDED`; the version continues with those it was born with, a replay reads all")
    void partitionsAddedToAnInputStopNothing() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            start(cluster, "-Dkappa.kafka.metadata.max.age.ms=1000");
            load(cluster, 100);
            awaitTotal(cluster, 100);
            int before;
            try (Admin admin = cluster.admin()) {
                before = partitions(admin);
                admin.createPartitions(Map.of("posts", NewPartitions.increaseTo(before + 2)))
                        .all()
                        .get();
            }
            await().atMost(PATIENCE)
                    .until(() ->
                            version(cluster).path("inputProblems").toString().contains("PARTITIONS_ADDED"));
            load(cluster, 100);
            long known = 0;
            long all = 0;
            try (Admin admin = cluster.admin()) {
                for (Map.Entry<TopicPartition, Long> end : ends(admin).entrySet()) {
                    all += end.getValue();
                    known += end.getKey().partition() < before ? end.getValue() : 0;
                }
            }
            assertThat(all).isEqualTo(200).isGreaterThan(known);
            awaitTotal(cluster, known);
            assertThat(version(cluster).path("state").asText()).isEqualTo("RUNNING");

            assertThat(cluster.run("replay", "start", "hashtag-trends", "--watch")
                            .exitCode())
                    .isZero();
            assertThat(cluster.run("replay", "switch", "hashtag-trends").exitCode())
                    .isZero();
            awaitTotal(cluster, 200);
        }
    }

    @Test
    @Tag("soak")
    void tableThatWasReadBeforeTheFirstEventOfAStreamIsNoLostPosition() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            start(cluster);
            List<String> blocked = Stream.iterate(0, number -> number + 1)
                    .limit(50)
                    .map(number -> "{\"author\":\"blocked-%d\",\"blockedAt\":\"%s\"}".formatted(number, Instant.now()))
                    .toList();
            Path file = Files.write(directory.resolve("blocked-authors.jsonl"), blocked);
            assertThat(cluster.kappa("load", "blocked-authors", file.toString()))
                    .isZero();
            try (Admin admin = cluster.admin()) {
                awaitRead(admin, "blocked-authors");
            }
            cluster.app().close();
            // The store of blocked authors has content; nothing has come through the repartition topic of the same
            // task.
            start(cluster);
            load(cluster, 100);
            awaitTotal(cluster, 100);
            assertThat(version(cluster).path("state").asText()).isEqualTo("RUNNING");
        }
    }

    /** The first version has run since its beginning, and the offset that it reads next is there. */
    @Test
    @Tag("soak")
    void topicThatIsMadeAgainUnseenIsNoticed() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            start(cluster, "-Dkappa.kafka.metadata.max.age.ms=1000");
            load(cluster, 100);
            awaitTotal(cluster, 100);
            Signals.send("STOP", cluster.app());
            try (Admin admin = cluster.admin()) {
                int count = partitions(admin);
                admin.deleteTopics(List.of("posts")).all().get();
                await().atMost(PATIENCE)
                        .ignoreExceptions()
                        .until(() -> admin.createTopics(List.of(new NewTopic("posts", count, (short) 1)))
                                        .all()
                                        .get()
                                == null);
                load(cluster, 400);
            } finally {
                Signals.send("CONT", cluster.app());
            }
            awaitPositionLost(cluster);
        }
    }

    @Test
    @Tag("soak")
    @Handles(
            input = "an input topic that is deleted and made again while a version runs",
            outcome = "waited for, then `POSITION_LOST`: other records are under the old offsets")
    void topicThatIsDeletedAndMadeAgainIsNoticed() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            start(cluster, "-Dkappa.kafka.metadata.max.age.ms=1000");
            load(cluster, 100);
            awaitTotal(cluster, 100);
            try (Admin admin = cluster.admin()) {
                awaitRead(admin, "posts");
                int count = partitions(admin);
                admin.deleteTopics(List.of("posts")).all().get();
                await().atMost(PATIENCE)
                        .until(() -> version(cluster).path("detail").asText().contains("MissingSourceTopic"));
                admin.createTopics(List.of(new NewTopic("posts", count, (short) 1)))
                        .all()
                        .get();
            }
            load(cluster, 200);
            awaitPositionLost(cluster);
            resetToEarliest(cluster);
            awaitTotal(cluster, 300);
        }
    }

    /**
     * An instance is frozen for longer than a session, and another one takes over its tasks. When the instance continues, it wants to read on where
     * it stopped, though the records have been deleted since the other one has read them. The next time, an operator has retired the version.
     */
    @Test
    @Tag("soak")
    void instanceThatWasFrozenTakesNothingForLost() throws Exception {
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            start(cluster);
            try (var another = cluster.startAnotherApp(Map.of());
                    Admin admin = cluster.admin()) {
                load(cluster, 100);
                awaitRead(admin, "posts");
                await().atMost(PATIENCE).until(() -> members(admin) > 1);
                int members = members(admin);
                Signals.send("STOP", another.process());
                for (int i = 0; i < 10; i++) {
                    load(cluster, 50);
                }
                awaitRead(admin, "posts");
                await().atMost(PATIENCE).until(() -> members(admin) > 0 && members(admin) < members);
                awaitTotal(cluster, 600);
                deleteRecordsThatWereRead(admin);
                Signals.send("CONT", another.process());

                await().atMost(PATIENCE).until(() -> members(admin) == members);
                load(cluster, 10);
                awaitTotal(cluster, 610);
                assertThat(version(cluster).path("gaps")).isEmpty();

                assertThat(cluster.kappa("replay", "start", "hashtag-trends", "--allow-truncated", "--watch"))
                        .isZero();
                assertThat(cluster.kappa("replay", "switch", "hashtag-trends")).isZero();
                Signals.send("STOP", another.process());
                assertThat(cluster.kappa("replay", "retire", "hashtag-trends", "--version", "1", "--yes"))
                        .isZero();
                Signals.send("CONT", another.process());
                await().atMost(PATIENCE)
                        .until(() -> Files.readString(another.log())
                                .contains("Deleted local state: view=hashtag-trends version=1"));
                assertThat(Files.readString(another.log())).doesNotContain("in its inputs is lost");
            }
        }
    }

    /** The version has read, and committed, all that is in an input. */
    private static void awaitRead(Admin admin, String topic) {
        await().atMost(PATIENCE).until(() -> {
            Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets(GROUP)
                    .partitionsToOffsetAndMetadata()
                    .get();
            return ends(admin, topic).entrySet().stream()
                    .allMatch(end -> committed.containsKey(end.getKey())
                            && committed.get(end.getKey()).offset() == end.getValue());
        });
    }

    private static void awaitPositionLost(LocalCluster cluster) throws Exception {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(version(cluster).path("state").asText())
                        .as("%s", version(cluster))
                        .isEqualTo("POSITION_LOST"));
        assertThat(version(cluster).path("detail").asText()).contains("posts, partition");
    }

    private static void resetToEarliest(LocalCluster cluster) {
        await().atMost(PATIENCE)
                .until(() -> cluster.kappa(
                                "replay",
                                "reset-position",
                                "hashtag-trends",
                                "--version",
                                "1",
                                "--to",
                                "earliest",
                                "--yes")
                        == 0);
    }

    private static void start(LocalCluster cluster, String... more) throws Exception {
        cluster.launchApp(
                Map.of(), Stream.concat(Stream.of(ONE_VIEW), Stream.of(more)).toArray(String[]::new));
        cluster.awaitApp();
    }

    private static JsonNode version(LocalCluster cluster) throws Exception {
        return cluster.json("/api/v1/views/hashtag-trends").path("versions").path(0);
    }

    /** An instance that stops stays a member until its session expires. */
    private static void deleteGroup(Admin admin) throws Exception {
        await().atMost(PATIENCE)
                .until(() -> admin.describeConsumerGroups(List.of(GROUP)).all().get().values().stream()
                        .allMatch(group -> group.groupState() == GroupState.EMPTY));
        admin.deleteConsumerGroups(List.of(GROUP)).all().get();
    }

    /** Members of the group once it is stable. */
    private static int members(Admin admin) throws Exception {
        ConsumerGroupDescription group = Objects.requireNonNull(
                admin.describeConsumerGroups(List.of(GROUP)).all().get().get(GROUP));
        return group.groupState() == GroupState.STABLE ? group.members().size() : 0;
    }

    private static int partitions(Admin admin) throws Exception {
        return partitions(admin, "posts");
    }

    private static int partitions(Admin admin, String topic) throws Exception {
        return admin.describeTopics(Set.of(topic))
                .allTopicNames()
                .get()
                .values()
                .iterator()
                .next()
                .partitions()
                .size();
    }

    private static Map<TopicPartition, Long> ends(Admin admin) throws Exception {
        return ends(admin, "posts");
    }

    private static Map<TopicPartition, Long> ends(Admin admin, String topic) throws Exception {
        var request = new HashMap<TopicPartition, OffsetSpec>();
        for (int partition = 0; partition < partitions(admin, topic); partition++) {
            request.put(new TopicPartition(topic, partition), OffsetSpec.latest());
        }
        var ends = new HashMap<TopicPartition, Long>();
        admin.listOffsets(request).all().get().forEach((partition, end) -> ends.put(partition, end.offset()));
        return ends;
    }

    private static void deleteRecords(Admin admin) throws Exception {
        var ends = new HashMap<TopicPartition, RecordsToDelete>();
        ends(admin).forEach((partition, end) -> ends.put(partition, RecordsToDelete.beforeOffset(end)));
        admin.deleteRecords(ends).all().get();
    }

    /** Deletes what the version has read, as retention does, and as Kafka Streams does with its repartition topics. */
    private static void deleteRecordsThatWereRead(Admin admin) throws Exception {
        var read = new HashMap<TopicPartition, RecordsToDelete>();
        admin.listConsumerGroupOffsets(GROUP)
                .partitionsToOffsetAndMetadata()
                .get()
                .forEach((partition, offset) -> {
                    if (partition.topic().equals("posts") || partition.topic().endsWith("-repartition")) {
                        read.put(partition, RecordsToDelete.beforeOffset(offset.offset()));
                    }
                });
        assertThat(read.keySet())
                .extracting(TopicPartition::topic)
                .contains("posts", GROUP + "-by-hashtag-repartition");
        admin.deleteRecords(read).all().get();
    }

    private void load(LocalCluster cluster, int count) throws Exception {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lines.add("{\"postId\":\"p%d\",\"hashtags\":[\"a\",\"b\",\"c\",\"d\",\"e\"],\"createdAt\":\"%s\"}"
                    .formatted(loaded++, Instant.now()));
        }
        Path file = Files.write(directory.resolve("posts-" + loaded + ".jsonl"), lines);
        assertThat(cluster.kappa("load", "posts", file.toString())).isZero();
    }

    private static void awaitTotal(LocalCluster cluster, long total) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            long counted = 0;
            for (JsonNode window : cluster.json("/api/v1/views/hashtag-trends/stores/counts/windows/a")
                    .path("windows")) {
                counted += window.path("value").path("count").asLong();
            }
            assertThat(counted).isEqualTo(total);
        });
    }
}
