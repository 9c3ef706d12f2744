package dev.kappa.app.query;

import dev.kappa.app.query.PartitionRequest.Reading;
import dev.kappa.app.version.VersionRunner;
import dev.kappa.reprocessing.background.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a store wherever its partitions are: each from the instance where it is active, and where that one does not answer, from
 * one that has a copy. Asks the instances at the same time, and each partition of one instance at a time. Thread-safe.
 *
 * <p>While tasks move there are moments in which a partition can be read nowhere; those are waited for, a while.
 */
final class FleetStoreReader {

    private static final Logger log = LoggerFactory.getLogger(FleetStoreReader.class);

    private static final Duration ANY = Duration.ofDays(36_500);
    private static final Duration FIRST_WAIT = Duration.ofMillis(25);
    private static final Duration LONGEST_WAIT = Duration.ofMillis(200);

    private final String self;
    private final Supplier<? extends Collection<String>> fleet;
    private final SuspectInstances suspects;

    /**
     * Reads for one instance.
     *
     * @param self where the others reach it, as {@code host:port}
     * @param fleet the instances that are alive, likewise: one may have a copy that the group does not know of
     */
    FleetStoreReader(String self, Supplier<? extends Collection<String>> fleet, SuspectInstances suspects) {
        this.self = self;
        this.fleet = fleet;
        this.suspects = suspects;
    }

    /** How another instance is asked. */
    @FunctionalInterface
    public interface Remote {
        /**
         * The answer of an instance, which may be that everything is missing.
         *
         * @param instance as {@code host:port}
         * @throws IOException when it does not, so that it may be away
         */
        PartialResult ask(String instance, Reading reading) throws IOException;
    }

    /**
     * The staleness and the missing partitions that a client accepts.
     *
     * @param maxStaleness how old an answer may be; absent: as old as it is
     * @param includesCommitted whether the answer has to include everything that had been committed before the request
     * @param patience how long partitions that can be read nowhere are waited for
     */
    public record Tolerance(Optional<Duration> maxStaleness, boolean includesCommitted, Duration patience) {}

    /**
     * The answer of the fleet; partitions that no instance can read are missing in it.
     *
     * @param runner runs the version here
     * @param store name of the store
     * @param reader reads what is here
     * @param remote how the others are asked the same
     * @param isAnywhere whether a key may be on another partition than the one where it belongs
     * @throws SplitKeyException when the key that is asked for is on several
     */
    public <K> PartialResult read(
            VersionRunner runner,
            String store,
            LocalStoreReader<K, ?> reader,
            StoreQuery<K> query,
            Tolerance tolerance,
            Remote remote,
            boolean isAnywhere) {
        if (isAnywhere && query.onlyKey().isPresent()) {
            return readAnywhere(runner, store, reader, query, tolerance, remote);
        }
        Collection<Integer> partitions = query.onlyKey()
                .<Collection<Integer>>map(key -> List.of(reader.partitionOf(key)))
                .orElseGet(() ->
                        IntStream.range(0, runner.partitions(store)).boxed().toList());
        return read(runner, store, reader, query, tolerance, remote, partitions);
    }

    private <K> PartialResult read(
            VersionRunner runner,
            String store,
            LocalStoreReader<K, ?> reader,
            StoreQuery<K> query,
            Tolerance tolerance,
            Remote remote,
            Collection<Integer> partitions) {
        long deadline = System.nanoTime() + tolerance.patience().toNanos();
        var backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT);
        var round = new Round<>(reader, query, tolerance, remote, new ArrayList<>());
        var open = new TreeSet<>(partitions);
        while (true) {
            SortedMap<Integer, String> missing = ask(round, instancesOf(runner, store, open));
            if (missing.isEmpty() || System.nanoTime() >= deadline) {
                return PartialResult.merged(round.found(), missing, query.limit());
            }
            open.retainAll(missing.keySet());
            try {
                backoff.pauseUntil(deadline);
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
    }

    /** Asks each partition by itself: what two of them have of a key must not be taken for one answer. */
    private <K> PartialResult readAnywhere(
            VersionRunner runner,
            String store,
            LocalStoreReader<K, ?> reader,
            StoreQuery<K> query,
            Tolerance tolerance,
            Remote remote) {
        PartialResult found = new PartialResult(List.of(), false, new TreeMap<>(), Duration.ZERO);
        for (int partition = 0; partition < runner.partitions(store); partition++) {
            PartialResult part = read(runner, store, reader, query, tolerance, remote, List.of(partition));
            if (!part.items().isEmpty() && !found.items().isEmpty()) {
                throw new SplitKeyException();
            }
            PartialResult with = part.items().isEmpty() ? found : part;
            var missing = new TreeMap<>(found.missing());
            missing.putAll(part.missing());
            Duration staleness =
                    found.staleness().compareTo(part.staleness()) > 0 ? found.staleness() : part.staleness();
            found = new PartialResult(with.items(), with.more(), missing, staleness);
        }
        return found;
    }

    /** A query and what has been found so far. */
    private record Round<K>(
            LocalStoreReader<K, ?> reader,
            StoreQuery<K> query,
            Tolerance tolerance,
            Remote remote,
            List<PartialResult> found) {}

    /** Candidate instances per partition, in order of preference. */
    private Map<Integer, List<String>> instancesOf(VersionRunner runner, String store, Set<Integer> partitions) {
        var instances = new HashMap<Integer, List<String>>();
        for (int partition : partitions) {
            var candidates = new ArrayList<>(runner.instancesOf(store, partition));
            if (candidates.isEmpty()) {
                candidates.add(self);
            }
            // The one that is to be active may still be catching up; then it is as good as a standby.
            candidates.add(candidates.getFirst());
            instances.put(partition, candidates);
        }
        return instances;
    }

    /** Asks until every partition is found or nobody is left; tells what is missing, and why. */
    private <K> SortedMap<Integer, String> ask(Round<K> round, Map<Integer, List<String>> instances) {
        SortedMap<Integer, String> missing = new TreeMap<>();
        instances.keySet().forEach(partition -> missing.put(partition, ""));
        for (int rank = 0; !missing.isEmpty(); rank++) {
            // Where it is active comes first; after that, any copy is as good as another.
            Optional<Duration> staleFor = rank == 0
                    ? Optional.empty()
                    : Optional.of(round.tolerance().maxStaleness().orElse(ANY));
            Map<String, Set<Integer>> asked = new TreeMap<>();
            for (int partition : missing.keySet()) {
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
            if (asked.isEmpty() && rank > 0) {
                break;
            }
            askAll(round, asked, staleFor).forEach((instance, part) -> {
                round.found().add(part);
                asked.getOrDefault(instance, Set.of()).forEach(partition -> {
                    String reason = part.missing().get(partition);
                    if (reason == null) {
                        missing.remove(partition);
                    } else {
                        missing.merge(partition, instance + ": " + reason, FleetStoreReader::listed);
                    }
                });
            });
        }
        return missing;
    }

    private static String listed(String before, String reason) {
        return before.isEmpty() ? reason : before + "; " + reason;
    }

    private <K> Map<String, PartialResult> askAll(
            Round<K> round, Map<String, Set<Integer>> asked, Optional<Duration> staleFor) {
        var readings = new TreeMap<String, Reading>();
        asked.forEach((instance, partitions) -> readings.put(
                instance, new Reading(partitions, staleFor, round.tolerance().includesCommitted())));
        Reading own = readings.remove(self);
        var parts = new HashMap<String, PartialResult>();
        if (readings.isEmpty()) {
            if (own != null) {
                parts.put(self, round.reader().read(round.query(), own));
            }
            return parts;
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new HashMap<String, Future<PartialResult>>();
            readings.forEach((instance, reading) ->
                    answers.put(instance, threads.submit(() -> askOther(instance, reading, round.remote()))));
            if (own != null) {
                parts.put(self, round.reader().read(round.query(), own));
            }
            for (Map.Entry<String, Future<PartialResult>> answer : answers.entrySet()) {
                parts.put(answer.getKey(), answer.getValue().get());
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        return parts;
    }

    private PartialResult askOther(String instance, Reading reading, Remote remote) {
        try {
            PartialResult part = remote.ask(instance, reading);
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
