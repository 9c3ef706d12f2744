package dev.kappa.topologies.kit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.results.WindowedKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.Example;

/**
 * What holds for every view on a real broker: what it made of its input as that came, what replays make of it, from wherever
 * they begin and however they run, and what is left after kills, all equals what its {@link ViewSpec} says.
 *
 * <p>A test class extends this one and says which views; they run beside each other. Kappa's folder is the system property
 * {@code kappa.home}. Minutes, not seconds: {@code kappa.shapes} is how many fleets are tried (1; there are 3), {@code
 * kappa.kills} how many kills (1), {@code kappa.seed} what the random input begins with.
 */
public abstract class ReplayProperties {

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int EVENTS = 2_000;
    private static final int KILLS_OF_A_REPLAY = 3;

    /** Partitions of the topics, instances, threads of each for a replay. */
    private record Shape(int partitions, int instances, int threads) {}

    private static final List<Shape> SHAPES = List.of(new Shape(3, 2, 2), new Shape(1, 1, 1), new Shape(8, 1, 4));

    /** A replay of a view, and what was answered when it was started. */
    private record Replay(ViewSpec spec, JsonNode plan) {
        int version() {
            return plan.path("version").asInt();
        }
    }

    private final Path home = Path.of(Optional.ofNullable(System.getProperty("kappa.home"))
            .orElseThrow(() -> new IllegalStateException("Say where Kappa's folder is: -Dkappa.home=...")));
    private final long seed = Long.getLong("kappa.seed", 1);
    private final List<ViewSpec> specs;

    protected ReplayProperties(ViewSpec... specs) {
        this.specs = List.of(specs);
    }

    @Example
    void liveRunAndReplaysEqualTheOracle() throws Exception {
        int shapes = Math.min(Integer.getInteger("kappa.shapes", 1), SHAPES.size());
        for (Shape shape : SHAPES.subList(0, shapes)) {
            History history = Drafts.random(specs, shape.partitions(), EVENTS, seed);
            inFolder(folder -> {
                try (var kappa = new LocalKappa(home, specs, folder)) {
                    new Run(kappa, history, shape).liveAndReplays();
                }
            });
        }
    }

    @Example
    void killsChangeNoResult() throws Exception {
        var shape = new Shape(4, 1, 4);
        History history = Drafts.random(specs, shape.partitions(), EVENTS, seed);
        inFolder(folder -> {
            try (var kappa = new LocalKappa(home, specs, folder)) {
                new Run(kappa, history, shape).kills(Integer.getInteger("kappa.kills", 1));
            }
        });
    }

    /** Something that is done in a folder. */
    @FunctionalInterface
    private interface InFolder {
        void run(Path folder) throws Exception;
    }

    private static void inFolder(InFolder action) throws Exception {
        Path folder = Files.createTempDirectory("kappa-kit");
        try {
            action.run(folder);
        } finally {
            ViewProperties.delete(folder);
        }
    }

    /** The views on a fleet, and one history. */
    private final class Run {

        private final LocalKappa kappa;
        private final Topics topics;
        private final Shape shape;
        private final History history;
        private final Map<ViewSpec, Map<Object, Object>> expected = new HashMap<>();
        private final Map<String, String> parameters = new HashMap<>();
        private LocalKappa.Instance instance;

        Run(LocalKappa kappa, History history, Shape shape) throws IOException {
            this.kappa = kappa;
            this.topics = new Topics(kappa.kafka(), kappa.registry());
            this.shape = shape;
            this.history = history;
            for (ViewSpec spec : specs) {
                expected.put(spec, spec.expected(history, spec.parameters()));
                spec.parameters().forEach((name, value) -> parameters.put(name(spec) + "." + name, value));
            }
            this.instance = start(0);
            for (int number = 1; number < shape.instances(); number++) {
                start(number);
            }
        }

        private LocalKappa.Instance start(int number) throws IOException {
            return kappa.start(
                    String.valueOf(number),
                    parameters,
                    Map.of(
                            "KAPPA_TOPICS_PARTITIONS", String.valueOf(shape.partitions()),
                            "KAPPA_REPLAY_THREADS", String.valueOf(shape.threads()),
                            // Much is held back, and still nothing lost.
                            "KAPPA_ALIGNMENT_MAX_SKEW", "PT10M"));
        }

        void liveAndReplays() throws Exception {
            topics.write(history);
            assertEqual(1, Optional.empty());
            replay("{}");
            // At a pace of its own for each view: some seconds.
            replay("{\"maxRate\": 500}");
            Instant middle = middle();
            replay("{\"from\": \"" + middle + "\"}");
        }

        /** Replays all views, compares and gives the versions up. */
        private void replay(String request) throws Exception {
            for (Replay replay : startReplays(request)) {
                Optional<Instant> since = Optional.empty();
                if (!replay.plan().path("from").asText().equals("earliest")) {
                    JsonNode from = replay.plan().path("completeFrom");
                    since = Optional.of(from.isTextual() ? Instant.parse(from.asText()) : Instant.MAX);
                }
                assertEqual(replay.spec(), replay.version(), since);
                awaitCaughtUp(replay);
            }
            abort();
        }

        private List<Replay> startReplays(String request) throws IOException {
            var replays = new ArrayList<Replay>();
            for (ViewSpec spec : specs) {
                replays.add(new Replay(spec, instance.post("/api/v1/views/" + name(spec) + "/replays", request)));
            }
            return replays;
        }

        private void abort() throws IOException {
            for (ViewSpec spec : specs) {
                instance.post("/api/v1/views/" + name(spec) + "/abort", "{}");
            }
        }

        void kills(int count) throws Exception {
            var random = new Random(seed);
            topics.write(history);
            assertEqual(1, Optional.empty());
            int killed = 0;
            while (killed < count) {
                // Slow enough that the kills find each version in the middle.
                List<Replay> replays = startReplays("{\"maxRate\": 300}");
                for (int again = 0; again < KILLS_OF_A_REPLAY && killed < count; again++, killed++) {
                    // Where a kill finds it is up to chance, which is the point.
                    Thread.sleep(random.nextInt(3_000));
                    instance.kill();
                    instance = start(0);
                }
                for (ViewSpec spec : specs) {
                    instance.post("/api/v1/views/" + name(spec) + "/throttle", "{}");
                }
                for (Replay replay : replays) {
                    assertEqual(replay.spec(), replay.version(), Optional.empty());
                    awaitCaughtUp(replay);
                }
                assertEqual(1, Optional.empty());
                abort();
            }
        }

        private void assertEqual(int version, Optional<Instant> since) throws Exception {
            for (ViewSpec spec : specs) {
                assertEqual(spec, version, since);
            }
        }

        /** Waits until a version is equal to the oracle, in what is complete; fails when it does not become so. */
        private void assertEqual(ViewSpec spec, int version, Optional<Instant> since) throws Exception {
            var wanted = new HashMap<>(expected.getOrDefault(spec, Map.of()));
            wanted.keySet().removeIf(key -> !isSince(key, since));
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (true) {
                Topics.OutputContent output = topics.output(spec.definition(), version);
                var found = new HashMap<>(output.results());
                found.keySet().removeIf(key -> !isSince(key, since));
                List<String> differences = Results.differences(wanted, found);
                if (differences.isEmpty() || System.nanoTime() > deadline) {
                    assertThat(differences)
                            .as("%s.v%d of %d results", name(spec), version, wanted.size())
                            .isEmpty();
                    if (!spec.repeatsItself()) {
                        assertThat(output.repeated())
                                .as("%s.v%d, written twice", name(spec), version)
                                .isEmpty();
                    }
                    return;
                }
                Thread.sleep(200);
            }
        }

        /** A replay that lost something is FAILED instead. */
        private void awaitCaughtUp(Replay replay) throws Exception {
            String path = "/api/v1/views/" + name(replay.spec()) + "/versions";
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            String phase = "";
            while (!phase.equals("CAUGHT_UP")) {
                for (JsonNode version : instance.get(path).path("versions")) {
                    if (version.path("version").asInt() == replay.version()) {
                        phase = version.path("phase").asText();
                    }
                }
                assertThat(phase)
                        .as("%s.v%d", name(replay.spec()), replay.version())
                        .isIn("REPLAYING", "CAUGHT_UP");
                assertThat(System.nanoTime()).as("time until it is caught up").isLessThan(deadline);
                Thread.sleep(100);
            }
        }

        private static boolean isSince(Object key, Optional<Instant> since) {
            return since.isEmpty()
                    || (key instanceof WindowedKey window && !window.getStart().isBefore(since.get()));
        }

        private Instant middle() {
            var times = new ArrayList<Instant>();
            history.records().forEach(record -> times.add(record.writtenAt()));
            return times.stream().sorted().toList().get(times.size() / 2);
        }
    }

    private static String name(ViewSpec spec) {
        return spec.definition().name();
    }
}
