package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.events.Post;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Signals;
import dev.kappa.localdev.fixtures.Specs;
import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.samples.hashtagtrends.HashtagTrendsSpec;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.kit.Drafts;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.InputRecord;
import dev.kappa.topologies.kit.Results;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All input is in one partition. The instance that has a task behind the repartition topic is stopped by SIGSTOP before that task has
 * committed anything. The replay is not CAUGHT_UP before that part of the results is there, too.
 */
@Tag("soak")
class FrozenInstanceIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int POSTS = 2_000;
    private static final Input<Post> INPUT = Input.stream("posts", Post.class);
    private static final String VERSION = "kappa.hashtag-trends.v2";
    private static final String[] SETTINGS = {"-Dkappa.topics.partitions=2", "-Dkappa.pool.include=hashtag-trends"};

    @TempDir
    Path directory = Path.of("");

    @Test
    void replayIsNotCaughtUpWhileATaskBehindARepartitionTopicIsFrozen() throws Exception {
        var spec = new HashtagTrendsSpec();
        History history = inOnePartition();
        Map<Object, Object> expected = spec.expected(history, spec.parameters());
        try (var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry()) {
            cluster.launchApp(Specs.parameters(), SETTINGS);
            cluster.awaitApp();
            try (var another = cluster.startAnotherApp(Specs.parameters(), SETTINGS)) {
                cluster.topics().write(history);
                // So slow that nothing is read before one instance is frozen.
                assertThat(cluster.kappa("replay", "start", "hashtag-trends", "--max-rate", "1"))
                        .isZero();
                boolean isReaderFirst =
                        isReader(cluster, Files.readString(cluster.stateDir().resolve("instance-id")));
                ChildProcess frozen = isReaderFirst ? another.process() : cluster.app();
                String reader = isReaderFirst
                        ? cluster.appUri("").toString()
                        : another.uri("").toString();
                Signals.send("STOP", frozen);
                try {
                    assertThat(cluster.kappa(
                                    "replay",
                                    "throttle",
                                    "hashtag-trends",
                                    "--max-rate",
                                    "unlimited",
                                    "--server",
                                    reader))
                            .isZero();
                    await().atMost(PATIENCE).until(() -> phase(reader).equals("CAUGHT_UP"));
                    assertThat(Results.differences(expected, cluster.results(spec, 2)))
                            .isEmpty();
                } finally {
                    Signals.send("CONT", frozen);
                }
                await().atMost(PATIENCE)
                        .until(() -> phase(cluster.appUri("").toString()).equals("CAUGHT_UP"));
                assertThat(Results.differences(expected, cluster.results(spec, 2)))
                        .isEmpty();
            }
        }
    }

    /** Many hashtags, so that both partitions behind the repartition topic have some. */
    private static History inOnePartition() {
        var records = new ArrayList<InputRecord>();
        Instant start = Instant.parse("2024-03-01T00:00:00Z");
        for (int i = 0; records.size() < POSTS; i++) {
            String id = "post-" + i;
            if (Drafts.partitionOf(id, 2) == 0) {
                Instant at = start.plusSeconds(records.size());
                records.add(new InputRecord(
                        INPUT,
                        0,
                        id,
                        new Post(id, null, null, List.of("#tag" + i % 50), at),
                        InputRecord.Form.KNOWN,
                        at));
            }
        }
        return new History(records);
    }

    /** Whether an instance has the partition with all input, once both instances have tasks. */
    private static boolean isReader(LocalCluster cluster, String instance) throws Exception {
        try (Admin admin = cluster.admin()) {
            await().atMost(PATIENCE).until(() -> {
                List<TopicPartition> assigned = members(admin).stream()
                        .flatMap(member -> member.assignment().topicPartitions().stream())
                        .toList();
                return assigned.contains(new TopicPartition("posts", 0))
                        && members(admin).stream()
                                        .filter(member -> member.assignment().topicPartitions().stream()
                                                .anyMatch(partition ->
                                                        partition.topic().endsWith("-repartition")))
                                        .map(MemberDescription::groupInstanceId)
                                        .flatMap(Optional::stream)
                                        .map(id -> id.startsWith(instance))
                                        .distinct()
                                        .count()
                                == 2;
            });
            return members(admin).stream()
                    .filter(member -> member.assignment().topicPartitions().contains(new TopicPartition("posts", 0)))
                    .anyMatch(member -> member.groupInstanceId().orElseThrow().startsWith(instance));
        }
    }

    private static List<MemberDescription> members(Admin admin) throws Exception {
        return List.copyOf(admin.describeConsumerGroups(List.of(VERSION))
                .describedGroups()
                .values()
                .iterator()
                .next()
                .get()
                .members());
    }

    private static String phase(String server) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            String versions = http.send(
                            HttpRequest.newBuilder(URI.create(server + "/api/v1/views/hashtag-trends/versions"))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
            for (JsonNode version : new ObjectMapper().readTree(versions).path("versions")) {
                if (version.path("version").asInt() == 2) {
                    return version.path("phase").asText();
                }
            }
            return "";
        }
    }
}
