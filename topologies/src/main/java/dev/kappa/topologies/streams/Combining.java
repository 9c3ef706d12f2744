package dev.kappa.topologies.streams;

import dev.kappa.topologies.eventtime.EventTime;
import dev.kappa.topologies.eventtime.Lateness;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.errors.StreamsException;
import org.apache.kafka.streams.kstream.Aggregator;
import org.apache.kafka.streams.kstream.Initializer;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorNode;
import org.apache.kafka.streams.processor.internals.ProcessorRecordContext;
import org.apache.kafka.streams.state.StoreBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Aggregates the events of each key and window that a task has read since its last commit, and sends on one part for all of them:
 * what goes through a repartition topic is then the fewer, the more events there are. The parts are merged where their key is.
 *
 * <p>Whether an event comes too late is decided here, where it is still known of each.
 *
 * <p>Events that cannot be combined, and parts that cannot be written, end the stream thread. Its transaction is aborted, and from
 * then on this process sends each event on alone: the one that is at fault becomes a dead letter, and none of the others is lost.
 */
public final class Combining<V, A extends SpecificRecord> implements ProcessorSupplier<String, V, String, A> {

    /** Parts that a task holds at most, whatever time there is until its next commit: a few megabytes. */
    static final int MAX_PARTS = 20_000;

    private static final byte[] NOTHING = {};

    private final String operator;
    private final byte[] operatorName;
    private final CombiningBuffer.Builder buffer;
    private final long size;
    private final long advance;
    private final long grace;
    private final Initializer<A> none;
    private final Aggregator<String, V, A> add;

    /** Whether events are combined; false once that has failed. */
    private volatile boolean combines = true;

    public Combining(
            String operator,
            String buffer,
            Duration size,
            Duration advance,
            Duration grace,
            Initializer<A> none,
            Aggregator<String, V, A> add) {
        this.operator = operator;
        this.operatorName = operator.getBytes(StandardCharsets.UTF_8);
        this.buffer = new CombiningBuffer.Builder(buffer);
        this.size = size.toMillis();
        this.advance = advance.toMillis();
        this.grace = grace.toMillis();
        this.none = none;
        this.add = add;
    }

    @Override
    public Processor<String, V, String, A> get() {
        return new Combiner();
    }

    @Override
    public Set<StoreBuilder<?>> stores() {
        return Set.of(buffer);
    }

    /** The combined events of one key and window. */
    private static final class Part<A> {
        final String key;
        final long window;
        A aggregate;
        long timestamp;
        final ProcessorRecordContext origin;

        Part(String key, long window, A aggregate, long timestamp, ProcessorRecordContext origin) {
            this.key = key;
            this.window = window;
            this.aggregate = aggregate;
            this.timestamp = timestamp;
            this.origin = origin;
        }
    }

    private final class Combiner extends ContextualProcessor<String, V, String, A> {

        private final Map<Long, Map<String, Part<A>>> byWindow = new LinkedHashMap<>();
        private Map<String, Part<A>> newest = new HashMap<>();
        private long newestWindow = Long.MIN_VALUE;
        private int parts;
        private @Nullable Lateness lateness;
        private @Nullable InternalProcessorContext<String, A> internal;
        private @Nullable ProcessorNode<?, ?, ?, ?> node;

        @Override
        @SuppressWarnings("unchecked") // Every context that Kafka Streams has for a processor is one of these.
        public void init(ProcessorContext<String, A> context) {
            super.init(context);
            lateness = new Lateness(context, operator);
            internal = (InternalProcessorContext<String, A>) context;
            node = internal.currentNode();
            CombiningBuffer ofTask = context.getStateStore(buffer.name());
            ofTask.beforeCommit(this::sendParts);
            // A task that failed begins again with the same processors, and reads what they had.
            forget();
        }

        @Override
        public void process(Record<String, V> record) {
            Lateness ofTask = Objects.requireNonNull(lateness);
            ofTask.of(record.headers(), record.timestamp());
            // As TimeWindows has it: the first window that ends after the time, and those that begin until then.
            long first = Math.max(0, record.timestamp() - size + advance) / advance * advance;
            var open = new ArrayList<Long>(1);
            for (long window = first; window <= record.timestamp(); window += advance) {
                if (!ofTask.isTooLateFor(window + size + grace)) {
                    open.add(window);
                }
            }
            if (ofTask.isSentAgain() || !combines) {
                sendAlone(record, open);
                return;
            }
            try {
                for (long window : open) {
                    add(record, window);
                }
            } catch (RuntimeException | StackOverflowError e) {
                // It may have been added to some of the windows already.
                throw notCombined(e);
            }
            if (parts >= MAX_PARTS) {
                sendParts();
            }
        }

        /** In all windows or, when it fails, in none. Headers that say how late it comes stay. */
        private void sendAlone(Record<String, V> record, List<Long> windows) {
            List<A> all = windows.stream()
                    .map(_ -> add.apply(record.key(), record.value(), none.apply()))
                    .toList();
            for (int i = 0; i < all.size(); i++) {
                context().forward(record.withValue(all.get(i)).withHeaders(marked(record.headers(), windows.get(i))));
            }
        }

        private StreamsException notCombined(Throwable cause) {
            combines = false;
            return new StreamsException(
                    "Events cannot be combined (" + operator + "); each is sent on alone from now on", cause);
        }

        private void add(Record<String, V> record, long window) {
            if (window != newestWindow) {
                newest = byWindow.computeIfAbsent(window, _ -> new LinkedHashMap<>());
                newestWindow = window;
            }
            Part<A> part = newest.get(record.key());
            if (part == null) {
                A aggregate = add.apply(record.key(), record.value(), none.apply());
                newest.put(record.key(), new Part<>(record.key(), window, aggregate, record.timestamp(), origin()));
                parts++;
            } else {
                part.aggregate = add.apply(record.key(), record.value(), part.aggregate);
                part.timestamp = Math.max(part.timestamp, record.timestamp());
            }
        }

        /** Where the event comes from, without its bytes. */
        private ProcessorRecordContext origin() {
            ProcessorRecordContext event = Objects.requireNonNull(internal).recordContext();
            var headers = new RecordHeaders();
            headers.add(EventTime.COMBINED_HEADER, NOTHING);
            return new ProcessorRecordContext(
                    event.timestamp(), event.offset(), event.partition(), event.topic(), headers);
        }

        /** As Kafka Streams does with what leaves a cache: each part in the place of the first event it is made of. */
        private void sendParts() {
            InternalProcessorContext<String, A> within = Objects.requireNonNull(internal);
            ProcessorNode<?, ?, ?, ?> nodeBefore = within.currentNode();
            ProcessorRecordContext recordBefore = within.recordContext();
            within.setCurrentNode(Objects.requireNonNull(node));
            try {
                for (Map<String, Part<A>> ofWindow : byWindow.values()) {
                    for (Part<A> part : ofWindow.values()) {
                        within.setRecordContext(part.origin);
                        context()
                                .forward(new Record<>(
                                        part.key,
                                        part.aggregate,
                                        part.timestamp,
                                        marked(new RecordHeaders(), part.window)));
                    }
                }
            } catch (StreamsException e) {
                if (isOfValue(e.getCause())) {
                    combines = false;
                }
                throw e;
            } finally {
                within.setRecordContext(recordBefore);
                within.setCurrentNode(nodeBefore);
                forget();
            }
        }

        /** Whether a part cannot be written because of what it is, and not because of what surrounds it. */
        private static boolean isOfValue(@Nullable Throwable failure) {
            return failure instanceof SerializationException
                    || (failure != null && !(failure instanceof KafkaException));
        }

        private void forget() {
            byWindow.clear();
            newestWindow = Long.MIN_VALUE;
            parts = 0;
        }

        @Override
        public void close() {
            if (lateness != null) {
                lateness.close();
            }
        }
    }

    private Headers marked(Headers headers, long window) {
        headers.remove(EventTime.WINDOW_HEADER);
        headers.add(EventTime.WINDOW_HEADER, Lateness.bytes(window, operatorName));
        return headers;
    }
}
