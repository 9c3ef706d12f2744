package dev.kappa.app.version;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far the copies of stores on this instance, active or not, are behind, in time, by samples of their changelogs: a copy has
 * everything that was in the changelog at a sample when it has come to where the end was then. Sampled by one thread, asked
 * by any, which never waits for the other.
 *
 * <p>What ends a transaction takes an offset, and so does what was aborted; a copy never comes to those. Where one stands
 * still short of the end, the changelog is looked at.
 */
final class ReplicaLag {

    private static final Logger log = LoggerFactory.getLogger(ReplicaLag.class);
    private static final int SAMPLES = 120;
    private static final Duration LATELY = Duration.ofSeconds(10);

    /** Whether a store's changelog has records, or may have, between two offsets. */
    @FunctionalInterface
    interface Changelogs {
        boolean haveRecords(String store, int partition, long from, long to);
    }

    /**
     * A copy, at one moment.
     *
     * @param position offset in the changelog up to which it has everything
     * @param end where the changelog ended
     */
    record Copy(long position, long end) {}

    private record Sample(Instant at, Copy copy, boolean complete) {}

    private final Changelogs changelogs;
    private volatile @Nullable Map<String, Map<Integer, List<Sample>>> samples;

    ReplicaLag(Changelogs changelogs) {
        this.changelogs = changelogs;
    }

    /** Takes a sample of all stores that are here; those that no longer are, are forgotten. */
    void sample(Instant at, Map<String, Map<Integer, Copy>> copies) {
        Map<String, Map<Integer, List<Sample>>> before = known();
        var now = new HashMap<String, Map<Integer, List<Sample>>>();
        copies.forEach((store, partitions) -> {
            var ofStore = new HashMap<Integer, List<Sample>>();
            partitions.forEach((partition, copy) -> ofStore.put(
                    partition, with(before.getOrDefault(store, Map.of()).get(partition), at, copy, store, partition)));
            now.put(store, ofStore);
        });
        samples = now;
    }

    private List<Sample> with(@Nullable List<Sample> known, Instant at, Copy copy, String store, int partition) {
        // A copy that goes back has been thrown away and is made anew: what it once had it no longer has.
        List<Sample> before =
                known == null || copy.position() < known.getLast().copy().position() ? List.of() : known;
        var sample = new Sample(at, copy, isComplete(store, partition, before, copy));
        return Stream.concat(before.stream().skip(Math.max(0, before.size() - SAMPLES)), Stream.of(sample))
                .toList();
    }

    private boolean isComplete(String store, int partition, List<Sample> before, Copy copy) {
        if (copy.position() >= copy.end() - 1) {
            return true;
        }
        if (before.isEmpty() || !before.getLast().copy().equals(copy)) {
            return false;
        }
        try {
            return before.getLast().complete()
                    || !changelogs.haveRecords(store, partition, copy.position(), copy.end());
        } catch (InterruptException e) {
            throw e;
        } catch (KafkaException e) {
            log.debug("Changelog cannot be looked at: store={} failure=\"{}\"", store, e.toString());
            return false;
        }
    }

    private Map<String, Map<Integer, List<Sample>>> known() {
        Map<String, Map<Integer, List<Sample>>> known = samples;
        return known == null ? Map.of() : known;
    }

    /** How long ago a copy had everything, as of a time; empty when that is not known. */
    Optional<Duration> behind(String store, int partition, Instant now) {
        return behind(known().getOrDefault(store, Map.of()).getOrDefault(partition, List.of()), now);
    }

    private static Optional<Duration> behind(List<Sample> all, Instant now) {
        for (Sample sample : all.reversed()) {
            if (sample.complete()
                    || all.getLast().copy().position() >= sample.copy().end() - 1) {
                Duration behind = Duration.between(sample.at(), now);
                return Optional.of(behind.isNegative() ? Duration.ZERO : behind);
            }
        }
        return Optional.empty();
    }

    /** How many copies are not known to have had everything of late; empty before the first sample. */
    Optional<Integer> incomplete(Instant now) {
        return samples == null
                ? Optional.empty()
                : Optional.of((int) known().values().stream()
                        .flatMap(store -> store.values().stream())
                        .filter(copy -> !isComplete(copy, now))
                        .count());
    }

    /** How many copies of some stores are known to have had everything of late. */
    int complete(Set<String> stores, Instant now) {
        return (int) known().entrySet().stream()
                .filter(store -> stores.contains(store.getKey()))
                .flatMap(store -> store.getValue().values().stream())
                .filter(copy -> isComplete(copy, now))
                .count();
    }

    private static boolean isComplete(List<Sample> copy, Instant now) {
        return behind(copy, now).filter(age -> age.compareTo(LATELY) < 0).isPresent();
    }
}
