package dev.kappa.topologies.guard;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.streams.processor.api.FixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.processor.api.ProcessorWrapper;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.WrappedFixedKeyProcessorSupplier;
import org.apache.kafka.streams.processor.api.WrappedProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Stands around every operator of a topology. Kafka Streams hands a {@code RuntimeException} of an operator to the processing
 * exception handler, which writes a dead letter; it hands on neither a {@code ClassCastException} nor an error, and the stream
 * thread ends. The guard turns those that a record can cause into a {@link RecordFailedException}.
 *
 * <p>Instantiated by Kafka Streams while a topology is built.
 *
 * @see <a href="https://cwiki.apache.org/confluence/x/TZCMEw">KIP-1112: allow custom processor wrapping</a>
 */
public final class RecordGuard implements ProcessorWrapper {

    /** Key under which Kafka Streams hands the version's {@link RecordsInProgress} to the guard. */
    public static final String CONFIG = "kappa.records.in.progress";

    private @Nullable RecordsInProgress records;

    @Override
    public void configure(Map<String, ?> configs) {
        records = (RecordsInProgress) configs.get(CONFIG);
    }

    @Override
    public <KIn, VIn, KOut, VOut> WrappedProcessorSupplier<KIn, VIn, KOut, VOut> wrapProcessorSupplier(
            String name, ProcessorSupplier<KIn, VIn, KOut, VOut> supplier) {
        RecordsInProgress ofVersion = Objects.requireNonNull(records, CONFIG);
        return new WrappedProcessorSupplier<>() {
            @Override
            public Processor<KIn, VIn, KOut, VOut> get() {
                return new Guarded<>(supplier.get(), ofVersion);
            }

            @Override
            public @Nullable Set<StoreBuilder<?>> stores() {
                return supplier.stores();
            }
        };
    }

    @Override
    public <KIn, VIn, VOut> WrappedFixedKeyProcessorSupplier<KIn, VIn, VOut> wrapFixedKeyProcessorSupplier(
            String name, FixedKeyProcessorSupplier<KIn, VIn, VOut> supplier) {
        RecordsInProgress ofVersion = Objects.requireNonNull(records, CONFIG);
        return new WrappedFixedKeyProcessorSupplier<>() {
            @Override
            public FixedKeyProcessor<KIn, VIn, VOut> get() {
                return new GuardedFixedKey<>(supplier.get(), ofVersion);
            }

            @Override
            public @Nullable Set<StoreBuilder<?>> stores() {
                return supplier.stores();
            }
        };
    }

    private static RecordFailedException failed(Throwable failure) {
        return new RecordFailedException(
                failure instanceof StackOverflowError ? "It is nested too deeply to be processed" : failure.toString(),
                failure);
    }

    private static final class Guarded<KIn, VIn, KOut, VOut> implements Processor<KIn, VIn, KOut, VOut> {

        private final Processor<KIn, VIn, KOut, VOut> operator;
        private final RecordsInProgress records;
        private RecordsInProgress.@Nullable OfThread thread;
        private @Nullable ProcessorContext<KOut, VOut> context;

        Guarded(Processor<KIn, VIn, KOut, VOut> operator, RecordsInProgress records) {
            this.operator = operator;
            this.records = records;
        }

        @Override
        public void init(ProcessorContext<KOut, VOut> of) {
            // A task is initialized by the thread that will process it.
            thread = records.ofThisThread();
            context = of;
            operator.init(of);
        }

        @Override
        public void process(Record<KIn, VIn> record) {
            RecordsInProgress.OfThread here = Objects.requireNonNull(thread);
            boolean isDone = false;
            try {
                here.begins(Objects.requireNonNull(context));
                operator.process(record);
                isDone = true;
            } catch (ClassCastException | StackOverflowError e) {
                throw failed(e);
            } finally {
                here.ends(isDone);
            }
        }

        @Override
        public void close() {
            operator.close();
        }
    }

    private static final class GuardedFixedKey<KIn, VIn, VOut> implements FixedKeyProcessor<KIn, VIn, VOut> {

        private final FixedKeyProcessor<KIn, VIn, VOut> operator;
        private final RecordsInProgress records;
        private RecordsInProgress.@Nullable OfThread thread;
        private @Nullable FixedKeyProcessorContext<KIn, VOut> context;

        GuardedFixedKey(FixedKeyProcessor<KIn, VIn, VOut> operator, RecordsInProgress records) {
            this.operator = operator;
            this.records = records;
        }

        @Override
        public void init(FixedKeyProcessorContext<KIn, VOut> of) {
            thread = records.ofThisThread();
            context = of;
            operator.init(of);
        }

        @Override
        public void process(FixedKeyRecord<KIn, VIn> record) {
            RecordsInProgress.OfThread here = Objects.requireNonNull(thread);
            boolean isDone = false;
            try {
                here.begins(Objects.requireNonNull(context));
                operator.process(record);
                isDone = true;
            } catch (ClassCastException | StackOverflowError e) {
                throw failed(e);
            } finally {
                here.ends(isDone);
            }
        }

        @Override
        public void close() {
            operator.close();
        }
    }
}
