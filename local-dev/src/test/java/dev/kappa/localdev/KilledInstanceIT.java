package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.RestoredRecords;
import dev.kappa.localdev.fixtures.Specs;
import dev.kappa.topologies.kit.Drafts;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.InputRecord;
import dev.kappa.topologies.kit.Results;
import dev.kappa.topologies.kit.ViewSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/** An instance that is killed continues with the stores of every kind that it has on disk. */
class KilledInstanceIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern INCOMPLETE = Pattern.compile("kappa_view_standbys_incomplete\\{[^}]*} ([0-9.EN+a]+)");
    private static final List<InputRecord> RECORDS =
            Drafts.random(Specs.ALL, 4, 500, 5).records();

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory = Path.of("");

    @Test
    @Tag("soak")
    void storesOfEachKindContinueWhereTheyWereFlushed() throws Exception {
        int third = RECORDS.size() / 3;
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.startApp(Specs.parameters());
            write(cluster, 0, third);
            // Stores are flushed when they are closed.
            cluster.app().close();
            Map<String, Long> flushed = changes(cluster);
            cluster.startApp(Specs.parameters());
            write(cluster, third, 2 * third);
            Map<String, Long> written = changes(cluster);
            cluster.app().kill();

            cluster.startApp(Specs.parameters());
            await().atMost(PATIENCE).until(() -> isRunning(cluster));
            Map<String, Long> restored =
                    RestoredRecords.byView(cluster.get("/metrics").body());
            assertThat(restored).hasSameSizeAs(Specs.ALL);
            restored.forEach((view, count) -> {
                long since = written.getOrDefault(view, 0L) - flushed.getOrDefault(view, 0L);
                assertThat(count)
                        .as(
                                "%s restored, of %d changes since the last flush and %d in all",
                                view, since, written.get(view))
                        .isLessThanOrEqualTo(since);
                assertThat(since).isLessThan(written.getOrDefault(view, 0L));
            });
            // What follows builds on what is in the stores.
            write(cluster, 2 * third, RECORDS.size());
        }
    }

    /** With one standby each of two instances has a copy of every store; tasks move to the other while one is gone, and back. */
    @Test
    @Tag("soak")
    void standbysAndMovedTasksContinueWhereTheyWereFlushed() throws Exception {
        int third = RECORDS.size() / 3;
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.startApp(Specs.parameters());
            try (LocalCluster.Another other = cluster.startAnotherApp(Specs.parameters())) {
                write(cluster, 0, third);
                awaitCopies(other);
                other.process().close();
                cluster.app().close();
                Map<String, Long> flushed = changes(cluster);
                cluster.startApp(Specs.parameters());
                other.startAgain();
                write(cluster, third, 2 * third);
                awaitCopies(other);
                Map<String, Long> written = changes(cluster);
                other.process().kill();
                // The tasks of the instance move.
                await().atMost(PATIENCE).until(() -> isRunning(cluster));
                other.startAgain();
                awaitCopies(other);

                Map<String, Long> restored = RestoredRecords.byView(metrics(other));
                assertThat(restored).hasSameSizeAs(Specs.ALL);
                restored.forEach((view, count) -> {
                    long since = written.getOrDefault(view, 0L) - flushed.getOrDefault(view, 0L);
                    assertThat(count)
                            .as("%s restored, of %d changes since the last flush", view, since)
                            .isLessThanOrEqualTo(since);
                });
                write(cluster, 2 * third, RECORDS.size());
            }
        }
    }

    private static void awaitCopies(LocalCluster.Another other) {
        await().atMost(PATIENCE).ignoreExceptions().until(() -> {
            Matcher found = INCOMPLETE.matcher(metrics(other));
            int views = 0;
            double incomplete = 0;
            while (found.find()) {
                views++;
                incomplete += Double.parseDouble(found.group(1));
            }
            return views == Specs.ALL.size() && incomplete == 0;
        });
    }

    private static String metrics(LocalCluster.Another other) throws IOException {
        try (InputStream answer = other.uri("/metrics").toURL().openStream()) {
            return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void write(LocalCluster cluster, int from, int to) {
        cluster.topics().write(new History(RECORDS.subList(from, to)));
        var until = new History(RECORDS.subList(0, to));
        for (ViewSpec spec : Specs.ALL) {
            Map<Object, Object> expected = spec.expected(until, spec.parameters());
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Results.differences(expected, cluster.results(spec, 1)))
                            .as("%s, of %d results", spec.definition().name(), expected.size())
                            .isEmpty());
        }
    }

    private static boolean isRunning(LocalCluster cluster) throws Exception {
        var states = new TreeMap<String, String>();
        cluster.json("/api/v1/views")
                .path("views")
                .forEach(view -> states.put(
                        view.path("name").asText(), view.path("state").asText()));
        return states.size() == Specs.ALL.size() && states.values().stream().allMatch(state -> state.equals("RUNNING"));
    }

    /** Offsets in the changelogs of each view. */
    private static Map<String, Long> changes(LocalCluster cluster) throws Exception {
        var changes = new TreeMap<String, Long>();
        try (Admin admin = cluster.admin()) {
            var request = new HashMap<TopicPartition, OffsetSpec>();
            List<String> changelogs = admin.listTopics().names().get().stream()
                    .filter(topic -> topic.endsWith("-changelog"))
                    .toList();
            admin.describeTopics(changelogs)
                    .allTopicNames()
                    .get()
                    .forEach((topic, description) -> description
                            .partitions()
                            .forEach(partition -> request.put(
                                    new TopicPartition(topic, partition.partition()), OffsetSpec.latest())));
            admin.listOffsets(request).all().get().forEach((partition, end) -> {
                String view = partition.topic().substring("kappa.".length());
                changes.merge(view.substring(0, view.indexOf(".v1-")), end.offset(), Long::sum);
            });
        }
        return changes;
    }
}
