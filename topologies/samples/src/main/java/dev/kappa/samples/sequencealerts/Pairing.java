package dev.kappa.samples.sequencealerts;

import dev.kappa.events.Reading;
import dev.kappa.results.SequenceMatch;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.WindowStoreIterator;
import org.jspecify.annotations.Nullable;

/**
 * Finds the pairs of an A and a later B of the same sensor: each is forwarded when the later to arrive of the two does, at
 * the time of B.
 *
 * @param a which readings are an A
 * @param b which readings are a B
 * @param within how long after A a B may come, inclusive
 * @param as keeps how many A there were at each instant
 * @param bs keeps how many B there were at each instant
 */
record Pairing(
        Condition a,
        Condition b,
        Duration within,
        StoreBuilder<WindowStore<String, Long>> as,
        StoreBuilder<WindowStore<String, Long>> bs)
        implements FixedKeyProcessorSupplier<String, Reading, SequenceMatch> {

    @Override
    public Set<StoreBuilder<?>> stores() {
        return Set.of(as, bs);
    }

    @Override
    public FixedKeyProcessor<String, Reading, SequenceMatch> get() {
        return new Pairs();
    }

    private final class Pairs extends ContextualFixedKeyProcessor<String, Reading, SequenceMatch> {

        private @Nullable WindowStore<String, Long> earlier;
        private @Nullable WindowStore<String, Long> later;

        @Override
        public void init(FixedKeyProcessorContext<String, SequenceMatch> context) {
            super.init(context);
            this.earlier = context.getStateStore(as.name());
            this.later = context.getStateStore(bs.name());
        }

        @Override
        public void process(FixedKeyRecord<String, Reading> reading) {
            WindowStore<String, Long> ofA = Objects.requireNonNull(earlier);
            WindowStore<String, Long> ofB = Objects.requireNonNull(later);
            long at = reading.timestamp();
            boolean isA = a.holds(reading.value().getValue());
            boolean isB = b.holds(reading.value().getValue());
            if (isA) {
                try (WindowStoreIterator<Long> found = ofB.fetch(reading.key(), at + 1, at + within.toMillis())) {
                    found.forEachRemaining(other -> forward(reading, other, at, other.key));
                }
                count(ofA, reading.key(), at);
            }
            if (isB) {
                try (WindowStoreIterator<Long> found = ofA.fetch(reading.key(), at - within.toMillis(), at - 1)) {
                    found.forEachRemaining(other -> forward(reading, other, other.key, at));
                }
                count(ofB, reading.key(), at);
            }
        }

        private void forward(FixedKeyRecord<String, Reading> reading, KeyValue<Long, Long> others, long atA, long atB) {
            var pairs = new SequenceMatch(others.value, Instant.ofEpochMilli(atA), Instant.ofEpochMilli(atB));
            context().forward(reading.withValue(pairs).withTimestamp(atB));
        }

        private static void count(WindowStore<String, Long> timeline, String key, long at) {
            Long before = timeline.fetch(key, at);
            timeline.put(key, before == null ? 1L : before + 1, at);
        }
    }
}
