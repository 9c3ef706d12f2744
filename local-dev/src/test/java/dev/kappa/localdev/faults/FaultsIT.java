package dev.kappa.localdev.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.localdev.fixtures.Following;
import dev.kappa.localdev.fixtures.Listening;
import dev.kappa.localdev.fixtures.Published;
import dev.kappa.localdev.fixtures.Specs;
import dev.kappa.reprocessing.reader.ViewReader;
import dev.kappa.results.HashtagCount;
import dev.kappa.results.WindowedKey;
import dev.kappa.samples.fraudalerts.FraudAlertsSpec;
import dev.kappa.samples.hashtagtrends.HashtagTrendsSpec;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.Results;
import dev.kappa.topologies.kit.Topics;
import dev.kappa.topologies.kit.ViewSpec;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults on three brokers, three instances and a registry, while events arrive, clients read and follow changes, and an operator replays, switches,
 * rolls back and retires. Afterwards every result equals what plain loops compute from the inputs.
 *
 * <p>{@code -Dkappa.seed} repeats a run, {@code -Dkappa.seeds=1-100} makes many, {@code -Dkappa.minutes} sets their length, {@code -Dkappa.log} names a
 * file that gets a line for each run: those that are in it are not made again. {@code -Dkappa.faults} is {@code single} (one at a time), {@code
 * overlapping} (one of a broker and one of something else), {@code none} (events of a day instead), {@code each} (overlapping, each kind once, no
 * longer) or {@code short} (the same with some kinds). No fault lasts longer than {@code -Dkappa.longest} seconds.
 */
class FaultsIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SETTLED = Duration.ofMinutes(5);

    /** What docs/operations.md promises: how long a key has no answer, how old an answer is, how long a program needs to be ready again. */
    private static final Duration LONGEST_UNANSWERED = Duration.ofMinutes(2);

    private static final Duration STALEST = Duration.ofMinutes(5);
    private static final Duration LONGEST_UNTIL_READY = Duration.ofMinutes(5);

    private static final String VIEW = "hashtag-trends";
    private static final String WINDOW = "PT2M";
    private static final String GARBAGE_TOPIC = "posts";
    private static final List<ViewSpec> SPECS = List.of(new HashtagTrendsSpec(), new FraudAlertsSpec());
    private static final Map<String, String> PARAMETERS =
            Map.of("hashtag-trends.window", WINDOW, "hashtag-trends.grace", "PT30S", "hashtag-trends.publish", "true");

    /**
     * Commits of every second, not as often as possible: seven programs share a small machine. Records of repartition topics are deleted soon, so that an
     * instance that was frozen finds them gone.
     */
    private static final String[] INSTANCES = {
        "-Dkappa.pool.include=hashtag-trends,fraud-alerts",
        "-Dkappa.kafka.commit.interval.ms=1000",
        "-Dkappa.kafka.repartition.purge.interval.ms=5000"
    };

    /** Some kinds of faults, for a short run. */
    private static final Set<String> OF_SHORT_RUN = Set.of(
            "KILL_BROKER",
            "MOVE_LEADERS",
            "CUT_OFF_BROKER",
            "BROKER_CLOCK_JUMPS",
            "KILL_INSTANCE",
            "FREEZE_INSTANCE",
            "LOSE_WHAT_INSTANCE_SENDS",
            "FILL_INSTANCE_DISK");

    @TempDir(cleanup = CleanupMode.ON_SUCCESS)
    Path directory = Path.of("");

    /** Which faults are made. */
    enum Mode {
        SINGLE(30, Duration.ZERO),
        OVERLAPPING(30, Duration.ZERO),
        NONE(4, Duration.ofDays(1)),
        EACH(30, Duration.ZERO),
        SHORT(30, Duration.ZERO);

        /** Events per second. */
        private final int rate;

        /** How long before the run the first event is. */
        private final Duration past;

        Mode(int rate, Duration past) {
            this.rate = rate;
            this.past = past;
        }
    }

    /** A short run in every build; {@code -Pfaults} makes long ones. */
    @Test
    void resultsAreRightThoughOneOfEachSortFails() throws Exception {
        ObjectNode figures = JSON.createObjectNode();
        run(7, Mode.SHORT, figures);
        System.out.println("FAULTS " + figures);
    }

    @Test
    @Tag("faults")
    void resultsAreRightWhateverFails() throws Exception {
        var log =
                new RunLog(Optional.ofNullable(System.getProperty("kappa.log")).map(Path::of));
        var failed = new ArrayList<Throwable>();
        List<Long> seeds = seeds();
        for (long seed : seeds) {
            if (log.has(seed)) {
                continue;
            }
            // One run in three has faults that overlap.
            Mode mode = Optional.ofNullable(System.getProperty("kappa.faults"))
                    .map(name -> Mode.valueOf(name.toUpperCase(Locale.ROOT)))
                    .orElse(seed % 3 == 0 ? Mode.OVERLAPPING : Mode.SINGLE);
            ObjectNode figures = JSON.createObjectNode().put("seed", seed).put("mode", mode.name());
            try {
                run(seed, mode, figures);
                figures.put("result", "right");
            } catch (Exception | AssertionError e) {
                figures.put("result", e.toString());
                failed.add(e);
            }
            System.out.println("FAULTS " + figures);
            log.add(figures);
        }
        if (!failed.isEmpty()) {
            var all = new AssertionError(failed.size() + " of " + seeds.size() + " runs failed", failed.getFirst());
            failed.stream().skip(1).forEach(all::addSuppressed);
            throw all;
        }
    }

    private static List<Long> seeds() {
        String[] range = System.getProperty("kappa.seeds", "").split("-", -1);
        if (range.length == 2) {
            return LongStream.rangeClosed(Long.parseLong(range[0]), Long.parseLong(range[1]))
                    .boxed()
                    .toList();
        }
        return List.of(Long.getLong("kappa.seed", System.nanoTime()));
    }

    private void run(long seed, Mode mode, ObjectNode figures) throws Exception {
        Duration length =
                Duration.ofSeconds(Math.round(60 * Double.parseDouble(System.getProperty("kappa.minutes", "5"))));
        System.out.println("FAULTS seed " + seed + ", " + mode + ", " + length);
        Path home = Files.createDirectories(directory.resolve("seed-" + seed));
        try (var cluster = new FaultCluster(home, PARAMETERS, INSTANCES)) {
            cluster.start();
            run(cluster, seed, mode, length, figures);
        }
    }

    private static void run(FaultCluster cluster, long seed, Mode mode, Duration length, ObjectNode figures)
            throws Exception {
        Set<String> topics = SPECS.stream()
                .flatMap(spec -> spec.definition().inputs().stream())
                .map(Input::topic)
                .collect(Collectors.toSet());
        try (var feed = new FaultFeed(cluster, seed, mode.rate, mode.past, topics, GARBAGE_TOPIC);
                var operator = new FaultOperator(cluster, seed, WINDOW);
                var readers = new FaultReaders(cluster, operator::windowOf);
                var listening =
                        new Listening(() -> cluster.uris("/api/v1/views/hashtag-trends/changes"), "count", 500);
                var following = new Following(cluster.clientSettings(), VIEW, ViewReader.Policy.FROM_START);
                var published = new Published(cluster.clientSettings(), VIEW)) {
            List<Fault> faults = mode == Mode.SHORT
                    ? Fault.ALL.stream()
                            .filter(fault -> OF_SHORT_RUN.contains(fault.name()))
                            .toList()
                    : Fault.ALL;
            boolean onceEach = mode == Mode.EACH || mode == Mode.SHORT;
            var maker = new FaultMaker(cluster, readers, seed, faults, onceEach);
            maker.makeFaults(mode, System.nanoTime() + length.toNanos());
            figures.set("faults", JSON.valueToTree(maker.happened()));
            assertThat(operator.end()).as("the operator").isEmpty();
            assertThat(feed.end()).as("the loader").isEmpty();
            System.out.println("FAULTS operator: " + operator.report() + "; " + feed.acknowledged() + " events");
            figures.put("operations", operator.report()).put("events", feed.acknowledged());
            for (FaultCluster.Member member : cluster.all()) {
                assertThat(member.isAlive()).as(member.lastWords()).isTrue();
            }
            Map<String, Long> active = judge(cluster, readers);
            for (int instance = 0; instance < cluster.instances().size(); instance++) {
                int asked = instance;
                await().atMost(SETTLED)
                        .untilAsserted(() -> assertThat(listed(cluster, asked)).isEqualTo(active));
            }
            await().atMost(SETTLED)
                    .untilAsserted(() ->
                            assertThat(listening.state).as("changes over HTTP").isEqualTo(active));
            await().atMost(SETTLED)
                    .untilAsserted(() -> assertThat(following.state)
                            .as("ViewReader; failures: %s", following.failures)
                            .isEqualTo(active));
            await().atMost(SETTLED)
                    .untilAsserted(() ->
                            assertThat(published.state()).as("published topic").isEqualTo(active));
            System.out.println("FAULTS readers: " + readers.report());
            Duration untilReady = cluster.all().stream()
                    .map(FaultCluster.Member::longestUntilReady)
                    .max(Duration::compareTo)
                    .orElseThrow();
            figures.put("readers", readers.report())
                    .put("longestUnansweredMs", readers.longestGapOfAll().toMillis())
                    .put("stalestMs", readers.stalest().toMillis())
                    .put("longestUntilReadyMs", untilReady.toMillis());
            if (mode != Mode.SHORT) {
                // The build checks no times: they depend on the machine.
                assertThat(readers.longestGapOfAll())
                        .as("the longest time that a key had no answer")
                        .isLessThan(LONGEST_UNANSWERED);
                assertThat(readers.stalest()).as("the oldest answer").isLessThan(STALEST);
                assertThat(untilReady).as("the longest time until ready").isLessThan(LONGEST_UNTIL_READY);
            }
            // No fault loses what was committed.
            assertThat(cluster.lostPositions()).isEmpty();
            assertThat(readers.violations()).as("answers").isEmpty();
            assertThat(listening.faults).as("changes").isEmpty();
            assertThat(switches(cluster)).as("switches in the audit trail").isEqualTo(operator.switches());
        }
    }

    /**
     * All results of all running versions equal the batch computation, without a duplicate; what was read of them was committed; letters are there once
     * each; nothing is left. Returns the counts of the active version.
     */
    private static Map<String, Long> judge(FaultCluster cluster, FaultReaders readers) throws Exception {
        Topics topics = cluster.topics();
        History history = topics.read(SPECS, FaultFeed::isEvent);
        var active = new HashMap<String, Long>();
        var letters = new Letters(topics, GARBAGE_TOPIC, VIEW);
        for (ViewSpec spec : SPECS) {
            String view = spec.definition().name();
            for (JsonNode version :
                    json(cluster, "/api/v1/views/" + view + "/versions").path("versions")) {
                String phase = version.path("phase").asText();
                if (!List.of("ACTIVE", "STANDBY", "CAUGHT_UP").contains(phase)) {
                    continue;
                }
                int number = version.path("version").asInt();
                Map<Object, Object> expected = spec.expected(history, Specs.parameters(version));
                assertThat(expected).isNotEmpty();
                await().atMost(SETTLED).untilAsserted(() -> {
                    Topics.OutputContent output = topics.output(spec.definition(), number);
                    assertThat(Results.differences(expected, output.results()))
                            .as("%s.v%d", view, number)
                            .isEmpty();
                    assertThat(output.repeated()).as("%s.v%d", view, number).isEmpty();
                });
                if (view.equals(VIEW)) {
                    assertCommitted(cluster, number, readers);
                    await().atMost(SETTLED).untilAsserted(() -> letters.assertOnceEach(VIEW + ".v" + number));
                    if (phase.equals("ACTIVE")) {
                        active.putAll(counts(expected));
                    }
                }
            }
        }
        assertNothingIsLeft(cluster);
        return active;
    }

    private static Map<String, Long> counts(Map<Object, Object> results) {
        return results.entrySet().stream()
                .collect(Collectors.toMap(
                        result -> {
                            var key = (WindowedKey) result.getKey();
                            return key.getKey() + "@" + key.getStart() + "/" + key.getEnd();
                        },
                        result -> ((HashtagCount) result.getValue()).getCount()));
    }

    /** Every count that a client has read is a committed one. */
    private static void assertCommitted(FaultCluster cluster, int version, FaultReaders readers) {
        try (var output = new Published(cluster.clientSettings(), VIEW + ".v" + version)) {
            output.state();
            readers.seen(version)
                    .forEach((key, counts) -> assertThat(counts)
                            .as("counts of %s that were read", key)
                            .isSubsetOf(output.counts().getOrDefault(key, Set.of())));
        }
    }

    private static Map<String, Long> listed(FaultCluster cluster, int instance) throws Exception {
        var listed = new HashMap<String, Long>();
        String cursor = "";
        do {
            JsonNode page = json(cluster.uri(
                    instance,
                    "/api/v1/views/hashtag-trends/stores/counts/windows?limit=1000"
                            + (cursor.isEmpty() ? "" : "&cursor=" + cursor)));
            page.path("windows")
                    .forEach(window -> listed.put(
                            Listening.key(window),
                            window.path("value").path("count").asLong()));
            cursor = page.path("nextCursor").asText("null");
        } while (!cursor.equals("null"));
        return listed;
    }

    /** Topics and groups are those of versions that are not retired. */
    private static void assertNothingIsLeft(FaultCluster cluster) throws Exception {
        var living = new TreeSet<String>();
        for (ViewSpec spec : SPECS) {
            String view = spec.definition().name();
            json(cluster, "/api/v1/views/" + view + "/versions")
                    .path("versions")
                    .forEach(version -> {
                        if (!version.path("removed").asBoolean()) {
                            living.add(view + ".v" + version.path("version").asInt());
                        }
                    });
        }
        try (Admin admin = cluster.admin()) {
            for (String topic : admin.listTopics().names().get()) {
                if (topic.startsWith("kappa.") && topic.contains(".v") && topic.contains("-")) {
                    assertThat(living).as(topic).anyMatch(version -> topic.startsWith("kappa." + version + "-"));
                }
            }
            for (var group : admin.listGroups().all().get()) {
                if (group.groupId().matches("kappa\\..*\\.v\\d+")) {
                    assertThat(living).contains(group.groupId().substring("kappa.".length()));
                }
            }
        }
    }

    private static long switches(FaultCluster cluster) throws Exception {
        long count = 0;
        for (JsonNode change :
                json(cluster, "/api/v1/views/hashtag-trends/history").path("changes")) {
            String command = change.path("command").asText();
            count += command.startsWith("replay switch") || command.startsWith("replay rollback") ? 1 : 0;
        }
        return count;
    }

    private static JsonNode json(FaultCluster cluster, String path) throws Exception {
        return json(cluster.uri(0, path));
    }

    private static JsonNode json(URI address) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer =
                    http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return JSON.readTree(answer.body());
        }
    }
}
