package dev.kappa.app.query;

import dev.kappa.app.query.StoreReader.Reading;
import dev.kappa.app.runtime.VersionRunner;
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
import java.util.concurrent.ConcurrentHashMap;
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
public final class FleetReader {

    private static final Logger log = LoggerFactory.getLogger(FleetReader.class);

    private static final Duration ANY = Duration.ofDays(36_500);
    private static final Duration PAUSE = Duration.ofMillis(50);

    /** How long an instance that did not answer is asked last. */
    private static final Duration SUSPICION = Duration.ofSeconds(1);

    private final Supplier<String> whoAmI;
    private final Supplier<? extends Collection<String>> fleet;
    private final Map<String, Long> suspects = new ConcurrentHashMap<>();

    /**
     * Reads for one instance.
     *
     * @param whoAmI where the others reach it, as {@code host:port}
     * @param fleet the instances that are alive, likewise: one may have a copy that the group does not know of
     */
    public FleetReader(Supplier<String> whoAmI, Supplier<? extends Collection<String>> fleet) {
        this.whoAmI = whoAmI;
        this.fleet = fleet;
    }

    /** How another instance is asked. */
    @FunctionalInterface
    public interface Remote {
        /**
         * What an instance answers, which may be that everything is missing.
         *
         * @param instance as {@code host:port}
         * @throws IOException when it does not, so that it may be away
         */
        Part ask(String instance, Reading reading) throws IOException;
    }

    /**
     * How much a client puts up with.
     *
     * @param maxStaleness how old an answer may be; absent: as old as it is
     * @param patience how long partitions that can be read nowhere are waited for
     */
    public record Tolerance(Optional<Duration> maxStaleness, Duration patience) {}

    /**
     * What the fleet answers; partitions that no instance can read are missing in it.
     *
     * @param runner runs the version here
     * @param store name of the store
     * @param reader reads what is here
     * @param remote how the others are asked the same
     * @param isAnywhere whether a key may be on another partition than the one where it belongs
     * @throws SplitKeyException when the key that is asked for is on several
     */
    public <K> Part read(
            VersionRunner runner,
            String store,
            StoreReader<K, ?> reader,
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

    private <K> Part read(
            VersionRunner runner,
            String store,
            StoreReader<K, ?> reader,
            StoreQuery<K> query,
            Tolerance tolerance,
            Remote remote,
            Collection<Integer> partitions) {
        long deadline = System.nanoTime() + tolerance.patience().toNanos();
        var round = new Round<>(reader, query, tolerance, remote, new ArrayList<>());
        var open = new TreeSet<>(partitions);
        while (true) {
            SortedMap<Integer, String> missing = ask(round, instancesOf(runner, store, open));
            if (missing.isEmpty() || System.nanoTime() >= deadline) {
                return Part.merged(round.found(), missing, query.limit());
            }
            open.retainAll(missing.keySet());
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
    }

    /** Asks each partition by itself: what two of them have of a key must not be taken for one answer. */
    private <K> Part readAnywhere(
            VersionRunner runner,
            String store,
            StoreReader<K, ?> reader,
            StoreQuery<K> query,
            Tolerance tolerance,
            Remote remote) {
        Part found = new Part(List.of(), false, new TreeMap<>(), Duration.ZERO);
        for (int partition = 0; partition < runner.partitions(store); partition++) {
            Part part = read(runner, store, reader, query, tolerance, remote, List.of(partition));
            if (!part.items().isEmpty() && !found.items().isEmpty()) {
                throw new SplitKeyException();
            }
            Part with = part.items().isEmpty() ? found : part;
            var missing = new TreeMap<>(found.missing());
            missing.putAll(part.missing());
            Duration staleness =
                    found.staleness().compareTo(part.staleness()) > 0 ? found.staleness() : part.staleness();
            found = new Part(with.items(), with.more(), missing, staleness);
        }
        return found;
    }

    /** What is asked, and what has been found so far. */
    private record Round<K>(
            StoreReader<K, ?> reader, StoreQuery<K> query, Tolerance tolerance, Remote remote, List<Part> found) {}

    /** Whom to ask for each partition, in order. */
    private Map<Integer, List<String>> instancesOf(VersionRunner runner, String store, Set<Integer> partitions) {
        var instances = new HashMap<Integer, List<String>>();
        for (int partition : partitions) {
            var candidates = new ArrayList<>(runner.instancesOf(store, partition));
            if (candidates.isEmpty()) {
                candidates.add(whoAmI.get());
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
                            .sort((a, b) -> Boolean.compare(isSuspect(a), isSuspect(b)));
                }
                boolean inVain = rank == 0 && candidates.size() > 1 && isSuspect(candidates.getFirst());
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
                        missing.merge(partition, instance + ": " + reason, FleetReader::listed);
                    }
                });
            });
        }
        return missing;
    }

    private static String listed(String before, String reason) {
        return before.isEmpty() ? reason : before + "; " + reason;
    }

    private <K> Map<String, Part> askAll(Round<K> round, Map<String, Set<Integer>> asked, Optional<Duration> staleFor) {
        var readings = new TreeMap<String, Reading>();
        asked.forEach((instance, partitions) -> readings.put(instance, new Reading(partitions, staleFor)));
        String self = whoAmI.get();
        Reading own = readings.remove(self);
        var parts = new HashMap<String, Part>();
        if (readings.isEmpty()) {
            if (own != null) {
                parts.put(self, round.reader().read(round.query(), own));
            }
            return parts;
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new HashMap<String, Future<Part>>();
            readings.forEach((instance, reading) ->
                    answers.put(instance, threads.submit(() -> askOther(instance, reading, round.remote()))));
            if (own != null) {
                parts.put(self, round.reader().read(round.query(), own));
            }
            for (Map.Entry<String, Future<Part>> answer : answers.entrySet()) {
                parts.put(answer.getKey(), answer.getValue().get());
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        return parts;
    }

    private Part askOther(String instance, Reading reading, Remote remote) {
        try {
            Part part = remote.ask(instance, reading);
            suspects.remove(instance);
            return part;
        } catch (IOException e) {
            log.debug("Instance does not answer: instance={} failure=\"{}\"", instance, e.toString());
            suspects.put(instance, System.nanoTime() + SUSPICION.toNanos());
            return Part.missing(reading.partitions(), "does not answer");
        } catch (RuntimeException e) {
            log.warn("Instance cannot be asked: instance={}", instance, e);
            return Part.missing(reading.partitions(), "cannot be asked");
        }
    }

    private boolean isSuspect(String instance) {
        Long until = suspects.get(instance);
        return until != null && System.nanoTime() < until;
    }
}
