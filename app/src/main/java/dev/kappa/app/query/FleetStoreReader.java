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
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Reads a store wherever its partitions are: each from the instance where it is active, and where that one does not answer, from
 * one that has a copy. Asks the instances at the same time, and each partition of one instance at a time. Thread-safe.
 *
 * <p>While tasks move there are moments in which a partition can be read nowhere; those are waited for, a while.
 */
final class FleetStoreReader {

    private static final Duration FIRST_WAIT = Duration.ofMillis(25);
    private static final Duration LONGEST_WAIT = Duration.ofMillis(200);

    private final String self;
    private final HedgedRequests requests;

    /**
     * Reads for one instance.
     *
     * @param self where the others reach it, as {@code host:port}
     * @param fleet the instances that are alive, likewise: one may have a copy that the group does not know of
     */
    FleetStoreReader(String self, Supplier<? extends Collection<String>> fleet, SuspectInstances suspects) {
        this.self = self;
        this.requests = new HedgedRequests(self, fleet, suspects);
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
        var question = new HedgedRequests.Question(
                query.onlyKey().isEmpty(),
                tolerance,
                reading -> reader.read(query, reading),
                remote,
                new ArrayList<>());
        var open = new TreeSet<>(partitions);
        while (true) {
            SortedMap<Integer, String> missing = requests.ask(question, instancesOf(runner, store, open));
            if (missing.isEmpty() || System.nanoTime() >= deadline) {
                return PartialResult.merged(question.found(), missing, query.limit());
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
}
