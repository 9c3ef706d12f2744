package dev.kappa.topologies;

import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.kstream.Windows;
import org.apache.kafka.streams.kstream.internals.TimeWindow;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;

/**
 * The windows an event belongs to, without those it comes too late for, told by {@link Lateness} and not by the newest
 * time the operator has seen. To Kafka Streams, which knows the latter only, they stay open as long as they are kept.
 *
 * <p>Kafka Streams asks for the windows of a time, not of a record, so {@link Gate}, the operator before the aggregation,
 * says which record is on its way; an operator calls the next one on the same thread.
 */
final class OpenWindows extends Windows<TimeWindow> {

    private final TimeWindows all;
    private final long grace;

    @SuppressWarnings("ThreadLocalUsage") // One for each topology, as the windows are; it goes with the stream threads.
    private final ThreadLocal<Lateness> current = new ThreadLocal<>();

    OpenWindows(Duration size, Duration advance, Duration grace, Duration kept) {
        this.all = TimeWindows.ofSizeAndGrace(size, kept.minus(size)).advanceBy(advance);
        this.grace = grace.toMillis();
    }

    @Override
    public Map<Long, TimeWindow> windowsFor(long timestamp) {
        Lateness lateness = Objects.requireNonNull(current.get(), "no record has passed the gate on this thread");
        Map<Long, TimeWindow> windows = all.windowsFor(timestamp);
        windows.values()
                .removeIf(window -> lateness.isTooLateFor(window.end() + grace)
                        || lateness.isLostAt(window.end() + gracePeriodMs()));
        return windows;
    }

    @Override
    public long size() {
        return all.size();
    }

    @Override
    public long gracePeriodMs() {
        return all.gracePeriodMs();
    }

    /** Says which record the windows are asked for. */
    final class Gate<K, V> extends LatenessProcessor<K, V> {

        Gate(String operator) {
            super(operator);
        }

        @Override
        public void process(FixedKeyRecord<K, V> record) {
            current.set(latenessOf(record));
            context().forward(record);
        }
    }
}
