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
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a store wherever its partitions are: each from the instance where it is active, and where that one does not answer, from
 * one that has a copy. Asks the instances at the same time, and each partition of one instance at a time. Thread-safe.
 */
public final class FleetReader {

    private static final Logger log = LoggerFactory.getLogger(FleetReader.class);

    private static final Duration ANY = Duration.ofDays(36_500);

    private final String self;

    /**
     * Reads for one instance.
     *
     * @param self where the others reach it, as {@code host:port}
     */
    public FleetReader(String self) {
        this.self = self;
    }

    /** How another instance is asked. */
    @FunctionalInterface
    public interface Remote {
        /**
         * What an instance answers.
         *
         * @param instance as {@code host:port}
         * @throws IOException when it does not
         */
        Part ask(String instance, Reading reading) throws IOException, InterruptedException;
    }

    /**
     * What the fleet answers; partitions that no instance can read are missing in it.
     *
     * @param runner runs the version here
     * @param store name of the store
     * @param reader reads what is here
     * @param fleet the instances that are alive, as {@code host:port}: one may have a copy that the group does not know of
     * @param maxStaleness how old an answer may be; absent: as old as it is
     * @param remote how the others are asked the same
     */
    public <K> Part read(
            VersionRunner runner,
            String store,
            StoreReader<K, ?> reader,
            StoreQuery<K> query,
            List<String> fleet,
            Optional<Duration> maxStaleness,
            Remote remote) {
        Collection<Integer> partitions = query.onlyKey()
                .<Collection<Integer>>map(key -> List.of(reader.partitionOf(key)))
                .orElseGet(() ->
                        IntStream.range(0, runner.partitions(store)).boxed().toList());
        Map<Integer, List<String>> instances = new HashMap<>();
        for (int partition : partitions) {
            var candidates = new ArrayList<>(runner.instancesOf(store, partition));
            if (candidates.isEmpty()) {
                candidates.add(self);
            }
            // The one that is to be active may still be catching up; then it is as good as a standby.
            candidates.add(candidates.getFirst());
            // While tasks move, the group knows of fewer copies than there are.
            fleet.stream().filter(other -> !candidates.contains(other)).forEach(candidates::add);
            instances.put(partition, candidates);
        }

        var parts = new ArrayList<Part>();
        var open = new TreeSet<>(partitions);
        for (int rank = 0; !open.isEmpty(); rank++) {
            // Where it is active comes first; after that, any copy is as good as another.
            Optional<Duration> staleFor = rank == 0 ? Optional.empty() : Optional.of(maxStaleness.orElse(ANY));
            Map<String, Set<Integer>> asked = new TreeMap<>();
            for (int partition : open) {
                List<String> candidates = instances.getOrDefault(partition, List.of());
                if (rank < candidates.size()) {
                    asked.computeIfAbsent(candidates.get(rank), _ -> new TreeSet<>())
                            .add(partition);
                }
            }
            if (asked.isEmpty()) {
                break;
            }
            for (Part part : ask(reader, query, asked, staleFor, remote)) {
                parts.add(part);
            }
            asked.values().forEach(open::removeAll);
            parts.forEach(part -> open.addAll(part.missing()));
            parts.replaceAll(part -> new Part(part.items(), part.more(), new TreeSet<>(), part.staleness()));
        }
        return Part.merged(parts, open, query.limit());
    }

    private <K> List<Part> ask(
            StoreReader<K, ?> reader,
            StoreQuery<K> query,
            Map<String, Set<Integer>> asked,
            Optional<Duration> staleFor,
            Remote remote) {
        var readings = new TreeMap<String, Reading>();
        asked.forEach((instance, partitions) -> readings.put(instance, new Reading(partitions, staleFor)));
        Reading own = readings.remove(self);
        if (readings.isEmpty()) {
            return own == null ? List.of() : List.of(reader.read(query, own));
        }
        var parts = new ArrayList<Part>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Future<Part>>();
            readings.forEach(
                    (instance, reading) -> answers.add(threads.submit(() -> askPatiently(instance, reading, remote))));
            if (own != null) {
                parts.add(reader.read(query, own));
            }
            for (Future<Part> answer : answers) {
                parts.add(answer.get());
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        return parts;
    }

    private static Part askPatiently(String instance, Reading reading, Remote remote) throws InterruptedException {
        try {
            return remote.ask(instance, reading);
        } catch (IOException e) {
            log.debug("Instance does not answer: instance={} failure=\"{}\"", instance, e.toString());
            return Part.missing(reading.partitions());
        }
    }
}
