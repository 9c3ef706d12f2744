package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.instance.CurrentInstance;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.cluster.RefusedException;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.KafkaException;

/**
 * The state of views, read anew at most once a second however many clients follow it: progress of versions is asked of the brokers.
 * Thread-safe.
 */
@Singleton
final class ViewSnapshots {

    private static final Duration KEPT = Duration.ofMillis(900);

    /** Fields that only grow with time. */
    private static final String AGE = "freshnessMs";

    /**
     * A state as it is sent. It is shared: nobody may change it.
     *
     * @param settled the same without ages, by which it is compared
     */
    record State(ObjectNode json, JsonNode settled) {
        private static State of(ObjectNode json) {
            ObjectNode settled = json.deepCopy();
            settled.remove(AGE);
            settled.path("versions").forEach(version -> ((ObjectNode) version).remove(AGE));
            return new State(json, settled);
        }
    }

    private record Snapshot<T>(T value, long epoch, long atNanos) {
        boolean isFresh(long wanted) {
            return epoch >= wanted && System.nanoTime() - atNanos < KEPT.toNanos();
        }
    }

    private final CurrentInstance instance;
    private final ViewJson json;
    private final Map<String, Snapshot<Optional<State>>> versions = new ConcurrentHashMap<>();
    private Snapshot<Map<String, State>> summaries = new Snapshot<>(Map.of(), -1, 0);

    ViewSnapshots(CurrentInstance instance, ViewJson json) {
        this.instance = instance;
        this.json = json;
    }

    /** All views, by name. */
    synchronized Map<String, State> summaries(Catalog catalog) {
        if (!summaries.isFresh(catalog.epoch())) {
            var all = new TreeMap<String, State>();
            catalog.views().forEach(view -> all.put(view, State.of(json.summary(catalog, view))));
            summaries = new Snapshot<>(all, catalog.epoch(), System.nanoTime());
        }
        return summaries.value();
    }

    /** The versions of a view with their progress; empty while the cluster does not answer. */
    Optional<State> versions(String view) {
        Catalog catalog = instance.get().catalog();
        // Other views are not kept waiting by the brokers' answers for this one.
        return versions.compute(
                        view,
                        (_, before) -> before != null && before.isFresh(catalog.epoch())
                                ? before
                                : new Snapshot<>(read(catalog, view), catalog.epoch(), System.nanoTime()))
                .value();
    }

    private Optional<State> read(Catalog catalog, String view) {
        try {
            return Optional.of(State.of(json.versions(catalog, view)));
        } catch (KafkaException | RefusedException | ProblemException notNow) {
            return Optional.empty();
        }
    }
}
