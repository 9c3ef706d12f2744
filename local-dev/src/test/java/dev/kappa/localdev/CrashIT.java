package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.reprocessing.catalog.Milestone;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command and the app end without any clean-up at every boundary between two steps, one after the other. Doing the
 * same again finishes what was begun; no version is lost or made twice, and the active one answers as ever.
 */
@Timeout(300)
class CrashIT {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Map<String, String> PARAMETERS = Map.of();
    private static final String[] START = {"replay", "start", "hashtag-trends", "--set", "window=PT10M"};
    private static final String[] SWITCH = {"replay", "switch", "hashtag-trends"};
    private static final String[] ABORT = {"replay", "abort", "hashtag-trends", "--yes"};

    /** Between the steps of {@code replay start}; the next one tries {@link Milestone#CHANGE_COMMITTED}. */
    private static final List<Milestone> STARTING = List.of(
            Milestone.PLAN_MADE,
            Milestone.CHANGE_SENT,
            Milestone.VERSION_PLANNED,
            Milestone.OUTPUT_CREATED,
            Milestone.STARTS_COMMITTED,
            Milestone.VERSION_REPLAYING);

    /** Between the steps of {@code replay abort} and {@code replay retire}. */
    private static final List<Milestone> TAKING_DOWN = List.of(
            Milestone.CHANGE_SENT,
            Milestone.TAKEN_DOWN,
            Milestone.STOPPED_EVERYWHERE,
            Milestone.GROUP_DELETED,
            Milestone.TOPICS_DELETED,
            Milestone.SUBJECTS_DELETED,
            Milestone.REMOVAL_RECORDED);

    @TempDir
    static Path directory = Path.of("");

    private static Optional<LocalCluster> started = Optional.empty();
    private static final Posts POSTS = new Posts();

    @BeforeAll
    static void start() throws Exception {
        LocalCluster cluster = new LocalCluster(directory).startBrokerAndRegistry();
        started = Optional.of(cluster);
        cluster.startApp(PARAMETERS);
        POSTS.loadHistory(cluster, directory, 2_000);
        awaitCounts(cluster, 1, Duration.ofHours(1));
    }

    /** The other test may have ended while the app was down. */
    @BeforeEach
    void startAgain() throws Exception {
        LocalCluster cluster = started.orElseThrow();
        if (!cluster.app().isAlive()) {
            cluster.startApp(PARAMETERS);
        }
    }

    @AfterAll
    static void stop() {
        started.ifPresent(LocalCluster::close);
    }

    private static void awaitCounts(LocalCluster cluster, int version, Duration window) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(Posts.answered(cluster, version)).isEqualTo(POSTS.counts(window)));
    }

    private static List<JsonNode> versions(LocalCluster cluster) throws Exception {
        var versions = new ArrayList<JsonNode>();
        cluster.run("replay", "status", "hashtag-trends", "--output", "json")
                .json()
                .path("versions")
                .forEach(versions::add);
        return versions;
    }

    /** The active version is the first, and answers; every number there is was given once, without gaps. */
    private static void assertUnharmed(LocalCluster cluster) throws Exception {
        List<JsonNode> versions = versions(cluster);
        for (int i = 0; i < versions.size(); i++) {
            assertThat(versions.get(i).path("version").asInt()).isEqualTo(i + 1);
        }
        assertThat(versions.stream()
                        .filter(version -> version.path("phase").asText().equals("ACTIVE"))
                        .map(version -> version.path("version").asInt()))
                .containsExactly(1);
        awaitCounts(cluster, 1, Duration.ofHours(1));
    }

    private static void assertNothingLeft(LocalCluster cluster, int version) throws Exception {
        String application = "kappa.hashtag-trends.v" + version;
        try (Admin admin = cluster.admin()) {
            assertThat(admin.listTopics().names().get())
                    .doesNotContain("hashtag-trends.v" + version)
                    .noneMatch(topic -> topic.startsWith(application + "-"));
            assertThat(admin.listGroups().all().get())
                    .noneMatch(group -> group.groupId().equals(application));
        }
        assertThat(Files.exists(cluster.stateDir().resolve(application))).isFalse();
    }

    @Test
    void commandMayDieBetweenAnyTwoSteps() throws Exception {
        LocalCluster cluster = started.orElseThrow();
        int version = versions(cluster).size() + 1;
        // Each start goes on where the one before it died, up to the next step.
        for (Milestone milestone : STARTING) {
            assertThat(cluster.kappaHaltedAt(milestone, START))
                    .as("%s", milestone)
                    .isEqualTo(137);
        }
        LocalCluster.Outcome again = cluster.run(START);
        assertThat(again.exitCode()).isEqualTo(1);
        assertThat(again.err()).contains("under way");
        assertThat(cluster.run("replay", "watch", "hashtag-trends").exitCode()).isZero();
        assertThat(versions(cluster)).hasSize(version);
        awaitCounts(cluster, version, Duration.ofMinutes(10));

        for (Milestone milestone : TAKING_DOWN) {
            assertThat(cluster.kappaHaltedAt(milestone, ABORT))
                    .as("%s", milestone)
                    .isEqualTo(137);
        }
        assertThat(cluster.run(ABORT).err()).contains("no replay under way");
        assertNothingLeft(cluster, version);
        assertUnharmed(cluster);

        assertThat(cluster.kappaHaltedAt(Milestone.CHANGE_COMMITTED, START)).isEqualTo(137);
        assertThat(cluster.run(START).exitCode()).isZero();
        assertThat(cluster.run("replay", "watch", "hashtag-trends").exitCode()).isZero();
        int next = versions(cluster).size();
        assertThat(cluster.kappaHaltedAt(Milestone.BEFORE_SWITCH, SWITCH)).isEqualTo(137);
        assertUnharmed(cluster);
        assertThat(cluster.kappaHaltedAt(Milestone.CHANGE_SENT, SWITCH)).isEqualTo(137);
        assertUnharmed(cluster);
        assertThat(cluster.kappaHaltedAt(Milestone.SWITCHED, SWITCH)).isEqualTo(137);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(cluster.json("/api/views/hashtag-trends")
                                .path("activeVersion")
                                .asInt())
                        .isEqualTo(next));
        assertThat(cluster.kappaHaltedAt(Milestone.SWITCHED, "replay", "rollback", "hashtag-trends"))
                .isEqualTo(137);
        assertUnharmed(cluster);
        String number = String.valueOf(next);
        assertThat(cluster.kappaHaltedAt(
                        Milestone.GROUP_DELETED, "replay", "retire", "hashtag-trends", "--version", number, "--yes"))
                .isEqualTo(137);
        assertThat(cluster.run("replay", "retire", "hashtag-trends", "--version", number, "--yes", "--delete-output")
                        .exitCode())
                .isZero();
        assertNothingLeft(cluster, next);
        assertUnharmed(cluster);
    }

    @Test
    @Tag("soak")
    void appMayDieBetweenAnyTwoSteps() throws Exception {
        LocalCluster cluster = started.orElseThrow();
        for (Milestone milestone : List.of(Milestone.INSTANCE_STARTS_VERSION, Milestone.INSTANCE_SEES_CHANGE)) {
            cluster.app().close();
            var app = cluster.launchApp(PARAMETERS, "-Ddev.kappa.halt-at=" + milestone);
            if (milestone == Milestone.INSTANCE_SEES_CHANGE) {
                cluster.awaitApp();
                assertThat(cluster.run(START).exitCode()).isZero();
            }
            assertThat(app.await()).as("%s", milestone).isEqualTo(137);
            cluster.startApp(PARAMETERS);
        }
        assertThat(cluster.run("replay", "watch", "hashtag-trends").exitCode()).isZero();
        awaitCounts(cluster, versions(cluster).size(), Duration.ofMinutes(10));
        assertThat(cluster.run(ABORT).exitCode()).isZero();
        assertUnharmed(cluster);

        for (Milestone milestone : List.of(
                Milestone.INSTANCE_BEFORE_CAUGHT_UP,
                Milestone.INSTANCE_STOPS_VERSION,
                Milestone.INSTANCE_STOPPED_VERSION,
                Milestone.INSTANCE_DELETED_STATE)) {
            cluster.app().close();
            var app = cluster.launchApp(PARAMETERS, "-Ddev.kappa.halt-at=" + milestone);
            cluster.awaitApp();
            assertThat(cluster.run(START).exitCode()).isZero();
            int version = versions(cluster).size();
            CompletableFuture<LocalCluster.Outcome> command;
            if (milestone == Milestone.INSTANCE_BEFORE_CAUGHT_UP) {
                command = CompletableFuture.supplyAsync(() -> cluster.run("replay", "watch", "hashtag-trends"));
            } else {
                assertThat(cluster.run("replay", "watch", "hashtag-trends").exitCode())
                        .isZero();
                command = CompletableFuture.supplyAsync(() -> cluster.run(ABORT));
            }
            assertThat(app.await()).as("%s", milestone).isEqualTo(137);
            cluster.startApp(PARAMETERS);
            LocalCluster.Outcome finished = command.get();
            assertThat(finished.exitCode())
                    .as("%s: %s", milestone, finished.err())
                    .isZero();
            if (milestone == Milestone.INSTANCE_BEFORE_CAUGHT_UP) {
                awaitCounts(cluster, version, Duration.ofMinutes(10));
                assertThat(cluster.run(ABORT).exitCode()).isZero();
            }
            assertNothingLeft(cluster, version);
            assertUnharmed(cluster);
        }
    }
}
