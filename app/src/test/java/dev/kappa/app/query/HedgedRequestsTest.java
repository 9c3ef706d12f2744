package dev.kappa.app.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HedgedRequestsTest {

    private static final PartialResult ANSWER = new PartialResult(List.of(), false, new TreeMap<>(), Duration.ZERO);

    private final SuspectInstances suspects = new SuspectInstances(System::nanoTime);
    private final HedgedRequests requests = new HedgedRequests("self", () -> List.of("self", "a", "b"), suspects);
    private final CountDownLatch thawed = new CountDownLatch(1);
    private final Queue<String> asked = new ConcurrentLinkedQueue<>();
    private final List<PartialResult> found = new ArrayList<>();

    @AfterEach
    void thaw() {
        thawed.countDown();
    }

    private static Map<Integer, List<String>> candidates(String... instances) {
        var candidates = new TreeMap<Integer, List<String>>();
        candidates.put(0, new ArrayList<>(List.of(instances)));
        return candidates;
    }

    private SortedMap<Integer, String> ask(
            Optional<Duration> maxStaleness, FleetStoreReader.Remote remote, Map<Integer, List<String>> candidates) {
        var question = new HedgedRequests.Question(
                false,
                new FleetStoreReader.Tolerance(maxStaleness, false, Duration.ZERO),
                reading -> PartialResult.missing(reading.partitions(), "is not here"),
                (instance, reading) -> {
                    asked.add(instance);
                    return remote.ask(instance, reading);
                },
                found);
        return requests.ask(question, candidates);
    }

    /** Answers nothing before it is thawed. */
    private PartialResult frozen() throws IOException {
        try {
            thawed.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return ANSWER;
    }

    @Test
    void copyAnswersForAnInstanceThatHangs() {
        assertThat(ask(
                        Optional.empty(),
                        (instance, _) -> instance.equals("a") ? frozen() : ANSWER,
                        candidates("a", "b")))
                .isEmpty();
        assertThat(found).hasSize(1);
        assertThat(asked).containsExactly("a", "b");
    }

    @Test
    void lateAnswerCountsWhereNobodyElseHasOne() {
        assertThat(ask(
                        Optional.empty(),
                        (instance, reading) -> {
                            if (instance.equals("a")) {
                                return frozen();
                            }
                            thawed.countDown();
                            return PartialResult.missing(reading.partitions(), "has no copy");
                        },
                        candidates("a", "b")))
                .isEmpty();
        assertThat(found).contains(ANSWER);
    }

    @Test
    void nobodyElseIsAskedForWhatOnlyTheActiveCopyMayAnswer() {
        var thread = Thread.ofVirtual().start(() -> {
            // Long after another instance would have been asked.
            try {
                Thread.sleep(1_500);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            thawed.countDown();
        });
        assertThat(ask(
                        Optional.of(Duration.ZERO),
                        (instance, _) -> instance.equals("a") ? frozen() : ANSWER,
                        candidates("a", "b")))
                .isEmpty();
        assertThat(asked).containsExactly("a");
        assertThat(thread).isNotNull();
    }

    @Test
    void instanceThatFailsIsFollowedByTheNextAtOnce() {
        assertThat(ask(
                        Optional.empty(),
                        (instance, _) -> {
                            if (instance.equals("a")) {
                                throw new IOException("away");
                            }
                            return ANSWER;
                        },
                        candidates("a", "b")))
                .isEmpty();
        assertThat(suspects.contains("a")).isTrue();
    }

    @Test
    void partitionThatNobodyHasIsMissingWithEveryReason() {
        SortedMap<Integer, String> missing = ask(
                Optional.empty(),
                (instance, reading) -> PartialResult.missing(reading.partitions(), "has none"),
                candidates("a", "b"));
        assertThat(missing.get(0)).contains("a: has none", "b: has none", "self: is not here");
    }
}
