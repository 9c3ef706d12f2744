package dev.kappa.topologies.streams;

import dev.kappa.topologies.eventtime.EventTime;
import dev.kappa.topologies.eventtime.Lateness;
import dev.kappa.topologies.eventtime.LatenessProcessor;
import dev.kappa.topologies.eventtime.PromptCommits;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.common.header.Header;
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
public final class OpenWindows extends Windows<TimeWindow> {

    private static final long NOT_SAID = -1;

    /** The lateness of the current record, and the start of its window. */
    private record Current(Lateness lateness, long window) {}

    private final TimeWindows all;
    private final long grace;

    @SuppressWarnings("ThreadLocalUsage") // One for each topology, as the windows are; it goes with the stream threads.
    private final ThreadLocal<Current> current = new ThreadLocal<>();

    public OpenWindows(Duration size, Duration advance, Duration grace, Duration kept) {
        this.all = TimeWindows.ofSizeAndGrace(size, kept.minus(size)).advanceBy(advance);
        this.grace = grace.toMillis();
    }

    @Override
    public Map<Long, TimeWindow> windowsFor(long timestamp) {
        Current record = Objects.requireNonNull(current.get(), "no record has passed the gate on this thread");
        Lateness lateness = record.lateness();
        if (record.window() != NOT_SAID) {
            var window = new TimeWindow(record.window(), record.window() + size());
            return lateness.isLostAt(window.end() + gracePeriodMs()) ? Map.of() : Map.of(window.start(), window);
        }
        Map<Long, TimeWindow> windows = all.windowsFor(timestamp);
        windows.values()
                .removeIf(window -> lateness.isTooLateFor(window.end() + grace)
                        || lateness.isLostAt(window.end() + gracePeriodMs()));
        return windows;
    }

    /** How long windows are kept. */
    public Duration kept() {
        return Duration.ofMillis(size() + gracePeriodMs());
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
    public final class Gate<K, V> extends LatenessProcessor<K, V> {

        private final byte[] operator;
        private final PromptCommits commits;

        public Gate(String operator, PromptCommits commits) {
            super(operator);
            this.operator = operator.getBytes(StandardCharsets.UTF_8);
            this.commits = commits;
        }

        @Override
        public void process(FixedKeyRecord<K, V> record) {
            commits.worked(context());
            Header window = record.headers().lastHeader(EventTime.WINDOW_HEADER);
            // Another operator's header says nothing about the windows here.
            boolean isPart = window != null && Lateness.isNamed(window, operator);
            current.set(new Current(latenessOf(record), isPart ? Lateness.number(window) : NOT_SAID));
            context().forward(record);
        }
    }
}
