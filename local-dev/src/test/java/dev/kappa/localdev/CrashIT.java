package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import dev.kappa.reprocessing.catalog.CrashPoint;
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

    /** Between the steps of {@code replay start}; the next one tries {@link CrashPoint#CHANGE_COMMITTED}. */
    private static final List<CrashPoint> STARTING = List.of(
            CrashPoint.PLAN_MADE,
            CrashPoint.CHANGE_SENT,
            CrashPoint.VERSION_PLANNED,
            CrashPoint.OUTPUT_CREATED,
            CrashPoint.VERSION_REPLAYING);

    /** Between the steps of {@code replay abort} and {@code replay retire}. */
    private static final List<CrashPoint> TAKING_DOWN = List.of(
            CrashPoint.CHANGE_SENT,
            CrashPoint.TAKEN_DOWN,
            CrashPoint.STOPPED_EVERYWHERE,
            CrashPoint.GROUP_DELETED,
            CrashPoint.TOPICS_DELETED,
            CrashPoint.SUBJECTS_DELETED,
            CrashPoint.REMOVAL_RECORDED);

    @TempDir
    static Path directory = Path.of("");

    private static Optional<LocalCluster> started = Optional.empty();
    private static final Posts POSTS = new Posts();

    @BeforeAll
    static void start() throws Exception {
        LocalCluster cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry();
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
        for (CrashPoint milestone : STARTING) {
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

        for (CrashPoint milestone : TAKING_DOWN) {
            assertThat(cluster.kappaHaltedAt(milestone, ABORT))
                    .as("%s", milestone)
                    .isEqualTo(137);
        }
        assertThat(cluster.run(ABORT).err()).contains("no replay under way");
        assertNothingLeft(cluster, version);
        assertUnharmed(cluster);

        assertThat(cluster.kappaHaltedAt(CrashPoint.CHANGE_COMMITTED, START)).isEqualTo(137);
        assertThat(cluster.run(START).exitCode()).isZero();
        assertThat(cluster.run("replay", "watch", "hashtag-trends").exitCode()).isZero();
        int next = versions(cluster).size();
        assertThat(cluster.kappaHaltedAt(CrashPoint.BEFORE_SWITCH, SWITCH)).isEqualTo(137);
        assertUnharmed(cluster);
        assertThat(cluster.kappaHaltedAt(CrashPoint.CHANGE_SENT, SWITCH)).isEqualTo(137);
        assertUnharmed(cluster);
        assertThat(cluster.kappaHaltedAt(CrashPoint.SWITCHED, SWITCH)).isEqualTo(137);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(cluster.json("/api/v1/views/hashtag-trends")
                                .path("activeVersion")
                                .asInt())
                        .isEqualTo(next));
        assertThat(cluster.kappaHaltedAt(CrashPoint.SWITCHED, "replay", "rollback", "hashtag-trends"))
                .isEqualTo(137);
        assertUnharmed(cluster);
        String number = String.valueOf(next);
        assertThat(cluster.kappaHaltedAt(
                        CrashPoint.GROUP_DELETED, "replay", "retire", "hashtag-trends", "--version", number, "--yes"))
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
        for (CrashPoint milestone : List.of(CrashPoint.INSTANCE_STARTS_VERSION, CrashPoint.INSTANCE_SEES_CHANGE)) {
            cluster.app().close();
            var app = cluster.launchApp(PARAMETERS, "-Ddev.kappa.halt-at=" + milestone);
            if (milestone == CrashPoint.INSTANCE_SEES_CHANGE) {
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

        for (CrashPoint milestone : List.of(
                CrashPoint.INSTANCE_BEFORE_CAUGHT_UP,
                CrashPoint.INSTANCE_STOPS_VERSION,
                CrashPoint.INSTANCE_STOPPED_VERSION,
                CrashPoint.INSTANCE_DELETED_STATE)) {
            cluster.app().close();
            var app = cluster.launchApp(PARAMETERS, "-Ddev.kappa.halt-at=" + milestone);
            cluster.awaitApp();
            assertThat(cluster.run(START).exitCode()).isZero();
            int version = versions(cluster).size();
            CompletableFuture<LocalCluster.Outcome> command;
            if (milestone == CrashPoint.INSTANCE_BEFORE_CAUGHT_UP) {
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
            if (milestone == CrashPoint.INSTANCE_BEFORE_CAUGHT_UP) {
                awaitCounts(cluster, version, Duration.ofMinutes(10));
                assertThat(cluster.run(ABORT).exitCode()).isZero();
            }
            assertNothingLeft(cluster, version);
            assertUnharmed(cluster);
        }
    }
}
