package dev.kappa.topologies.streams;

import dev.kappa.results.WindowedKey;
import dev.kappa.topologies.Session;
import dev.kappa.topologies.ViewTopology;
import dev.kappa.topologies.eventtime.Lateness;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Objects;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.kstream.internals.SessionWindow;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Keeps sessions: an event and all sessions of its key at most a gap away become one. It does what Kafka Streams' own
 * session windows do, but tells late events by {@link Lateness}: those whose session would have been over, by gap and
 * grace, before its partition came to where it is.
 *
 * @param store the sessions' store
 * @param gap longest time between two events of a session, inclusive
 * @param grace how long a session waits for late events after it is over
 * @param kept how long the store keeps a session after its end, counted back from the newest event
 * @param first what is kept of a single event
 * @param merge what is kept of two sessions in one; the first was there before the second
 */
public record SessionAggregation<V, A>(
        StoreBuilder<SessionStore<String, A>> store,
        Duration gap,
        Duration grace,
        Duration kept,
        Function<V, A> first,
        BinaryOperator<Session<A>> merge)
        implements ProcessorSupplier<String, V, WindowedKey, A> {

    @Override
    public Set<StoreBuilder<?>> stores() {
        return Set.of(store);
    }

    @Override
    public Processor<String, V, WindowedKey, A> get() {
        return new Aggregator();
    }

    private final class Aggregator extends ContextualProcessor<String, V, WindowedKey, A> {

        private @Nullable SessionStore<String, A> sessions;
        private @Nullable Lateness lateness;

        @Override
        public void init(ProcessorContext<WindowedKey, A> context) {
            super.init(context);
            this.sessions = context.getStateStore(store.name());
            this.lateness = new Lateness(context, "aggregate-" + store.name());
        }

        @Override
        public void process(Record<String, V> record) {
            SessionStore<String, A> ofTask = Objects.requireNonNull(sessions);
            Lateness late = Objects.requireNonNull(lateness);
            String key = record.key();
            long at = record.timestamp();

            var touched = new ArrayList<Windowed<String>>();
            var session = new Session<>(at, at, first.apply(record.value()));
            try (KeyValueIterator<Windowed<String>, A> found =
                    ofTask.findSessions(key, at - gap.toMillis(), at + gap.toMillis())) {
                while (found.hasNext()) {
                    KeyValue<Windowed<String>, A> next = found.next();
                    touched.add(next.key);
                    session = merge.apply(
                            new Session<>(
                                    next.key.window().start(), next.key.window().end(), next.value),
                            session);
                }
            }
            late.of(record.headers(), at);
            // A session's end is the time of its last event, so it is open up to and including its end plus the gap.
            if (late.isTooLateFor(session.end() + gap.toMillis() + grace.toMillis() + 1)) {
                return;
            }
            if (late.isLostAt(session.end() + kept.toMillis())) {
                return;
            }
            var now = new Windowed<>(key, new SessionWindow(session.start(), session.end()));
            for (Windowed<String> before : touched) {
                if (!before.equals(now)) {
                    ofTask.remove(before);
                    context()
                            .forward(new Record<>(
                                    ViewTopology.outputKey(before),
                                    (A) null,
                                    before.window().end(),
                                    record.headers()));
                }
            }
            ofTask.put(now, session.value());
            context()
                    .forward(new Record<>(
                            ViewTopology.outputKey(now), session.value(), session.end(), record.headers()));
        }

        @Override
        public void close() {
            if (lateness != null) {
                lateness.close();
            }
        }
    }
}
