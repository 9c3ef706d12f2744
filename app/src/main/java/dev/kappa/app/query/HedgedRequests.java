package dev.kappa.app.query;

import dev.kappa.app.query.FleetStoreReader.Remote;
import dev.kappa.app.query.FleetStoreReader.Tolerance;
import dev.kappa.app.query.PartitionRequest.Reading;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks instances for partitions of a store: first where each is active, then where there are copies. An instance that takes much longer than
 * usual is not waited for: the next ones are asked as well, and the first good answer counts. Thread-safe.
 */
final class HedgedRequests {

    private static final Logger log = LoggerFactory.getLogger(HedgedRequests.class);

    private static final Duration ANY = Duration.ofDays(36_500);

    /** Stands for all ranks. */
    private static final int NO_RANK = -1;

    /** Longer than any request takes. */
    private static final Duration NO_END = Duration.ofDays(1);

    /** A request to an instance that hangs outlives the answer of another one. */
    private static final ExecutorService THREADS = Executors.newVirtualThreadPerTaskExecutor();

    private final String self;
    private final Supplier<? extends Collection<String>> fleet;
    private final SuspectInstances suspects;
    private final UsualLatencies latencies = new UsualLatencies();

    /**
     * Asks for one instance.
     *
     * @param self where the others reach it, as {@code host:port}
     * @param fleet the instances that are alive, likewise
     */
    HedgedRequests(String self, Supplier<? extends Collection<String>> fleet, SuspectInstances suspects) {
        this.self = self;
        this.fleet = fleet;
        this.suspects = suspects;
    }

    /**
     * What is asked, and what has been found so far.
     *
     * @param isList whether it is a list, which takes longer than a key
     * @param own reads what is on this instance
     * @param remote how the others are asked the same
     * @param found takes the answers
     */
    record Question(
            boolean isList,
            Tolerance tolerance,
            Function<Reading, PartialResult> own,
            Remote remote,
            List<PartialResult> found) {}

    /**
     * An answer of another instance.
     *
     * @param rank in which the instance was asked
     * @param partitions that it was asked for
     */
    private record Answer(int rank, String instance, Set<Integer> partitions, PartialResult part) {}

    /**
     * Asks until every partition is found or nobody is left; tells what is missing, and why. An instance that takes much longer than usual is
     * not waited for: the next ones are asked as well, and the first good answer counts.
     */
    SortedMap<Integer, String> ask(Question question, Map<Integer, List<String>> instances) {
        SortedMap<Integer, String> missing = new TreeMap<>();
        instances.keySet().forEach(partition -> missing.put(partition, ""));
        var answers = new LinkedBlockingQueue<Answer>();
        var waitedFor = new TreeMap<Integer, Integer>();
        for (int rank = 0; !missing.isEmpty(); rank++) {
            Map<String, Set<Integer>> asked = candidates(instances, missing.keySet(), rank);
            if (asked.isEmpty() && rank > 0) {
                break;
            }
            // Where it is active comes first; after that, any copy is as good as another.
            Optional<Duration> staleFor = rank == 0
                    ? Optional.empty()
                    : Optional.of(question.tolerance().maxStaleness().orElse(ANY));
            waitedFor.put(rank, send(question, asked, rank, staleFor, answers));
            Set<Integer> own = asked.get(self);
            if (own != null) {
                PartialResult part = question.own().apply(reading(question, own, staleFor));
                take(new Answer(rank, self, own, part), question, missing);
            }
            await(answers, question, missing, waitedFor, rank, patience(question, asked.keySet()));
        }
        await(answers, question, missing, waitedFor, NO_RANK, NO_END);
        return missing;
    }

    /** The instances to ask next, each with the partitions to ask it for. */
    private Map<String, Set<Integer>> candidates(
            Map<Integer, List<String>> instances, Set<Integer> partitions, int rank) {
        Map<String, Set<Integer>> asked = new TreeMap<>();
        for (int partition : partitions) {
            List<String> candidates = instances.getOrDefault(partition, List.of());
            if (rank == 1) {
                // While tasks move, the group knows of fewer copies than there are.
                fleet.get().stream()
                        .filter(other -> !candidates.contains(other))
                        .forEach(candidates::add);
                candidates
                        .subList(1, candidates.size())
                        .sort((a, b) -> Boolean.compare(suspects.contains(a), suspects.contains(b)));
            }
            boolean inVain = rank == 0 && candidates.size() > 1 && suspects.contains(candidates.getFirst());
            if (rank < candidates.size() && !inVain) {
                asked.computeIfAbsent(candidates.get(rank), _ -> new TreeSet<>())
                        .add(partition);
            }
        }
        return asked;
    }

    /** Time after which other instances are asked as well. */
    private Duration patience(Question question, Set<String> instances) {
        if (question.tolerance().maxStaleness().filter(Duration.ZERO::equals).isPresent()) {
            // Only the active copy will do.
            return NO_END;
        }
        boolean isList = question.isList();
        return instances.stream()
                .filter(instance -> !instance.equals(self))
                .map(instance -> latencies.patience(instance, isList))
                .max(Duration::compareTo)
                .orElse(Duration.ZERO);
    }

    /** Sends the requests to other instances; returns how many. */
    private int send(
            Question question,
            Map<String, Set<Integer>> asked,
            int rank,
            Optional<Duration> staleFor,
            BlockingQueue<Answer> answers) {
        int sent = 0;
        for (Map.Entry<String, Set<Integer>> one : asked.entrySet()) {
            String instance = one.getKey();
            if (!instance.equals(self)) {
                Set<Integer> partitions = Set.copyOf(one.getValue());
                var _ = THREADS.submit(() -> answers.add(new Answer(
                        rank,
                        instance,
                        partitions,
                        askOther(instance, reading(question, partitions, staleFor), question))));
                sent++;
            }
        }
        return sent;
    }

    private static Reading reading(Question question, Set<Integer> partitions, Optional<Duration> staleFor) {
        return new Reading(partitions, staleFor, question.tolerance().includesCommitted());
    }

    /**
     * Takes answers until all is found, or those of one rank are all there, or for so long.
     *
     * @param rank the rank; {@link #NO_RANK}: all ranks
     */
    private static void await(
            BlockingQueue<Answer> answers,
            Question question,
            SortedMap<Integer, String> missing,
            Map<Integer, Integer> waitedFor,
            int rank,
            Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        try {
            while (!missing.isEmpty() && open(waitedFor, rank) > 0) {
                Answer answer = answers.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                if (answer == null) {
                    return;
                }
                waitedFor.merge(answer.rank(), -1, Integer::sum);
                take(answer, question, missing);
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private static int open(Map<Integer, Integer> waitedFor, int rank) {
        return rank == NO_RANK
                ? waitedFor.values().stream().mapToInt(Integer::intValue).sum()
                : waitedFor.getOrDefault(rank, 0);
    }

    /** Takes what an answer has, unless a part of it has been found elsewhere: its items do not tell their partitions. */
    private static void take(Answer answer, Question question, SortedMap<Integer, String> missing) {
        boolean isNews = answer.partitions().stream()
                .allMatch(partition -> missing.containsKey(partition)
                        || answer.part().missing().containsKey(partition));
        if (isNews) {
            question.found().add(answer.part());
        }
        for (int partition : answer.partitions()) {
            String reason = answer.part().missing().get(partition);
            if (reason != null) {
                missing.computeIfPresent(partition, (_, before) -> listed(before, answer.instance() + ": " + reason));
            } else if (isNews) {
                missing.remove(partition);
            }
        }
    }

    private static String listed(String before, String reason) {
        return before.isEmpty() ? reason : before + "; " + reason;
    }

    private PartialResult askOther(String instance, Reading reading, Question question) {
        long begun = System.nanoTime();
        try {
            PartialResult part = question.remote().ask(instance, reading);
            latencies.record(instance, question.isList(), Duration.ofNanos(System.nanoTime() - begun));
            suspects.answered(instance);
            return part;
        } catch (IOException e) {
            log.debug("Instance does not answer: instance={} failure=\"{}\"", instance, e.toString());
            suspects.failed(instance);
            return PartialResult.missing(reading.partitions(), "does not answer");
        } catch (RuntimeException e) {
            log.warn("Request to an instance failed: instance={}", instance, e);
            return PartialResult.missing(reading.partitions(), "request failed");
        }
    }
}
