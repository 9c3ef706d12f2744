package dev.kappa.topologies.eventtime;

import java.util.Objects;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyProcessorContext;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.jspecify.annotations.Nullable;

/** An operator that lets events pass and knows of each how late it comes. */
public abstract class LatenessProcessor<K, V> extends ContextualFixedKeyProcessor<K, V, V> {

    private final String operator;
    private @Nullable Lateness lateness;

    /** Counts what is late under a name. */
    protected LatenessProcessor(String operator) {
        this.operator = operator;
    }

    @Override
    public void init(FixedKeyProcessorContext<K, V> context) {
        super.init(context);
        this.lateness = new Lateness(context, operator);
    }

    /** The lateness of a record, until the next one is asked about. */
    protected final Lateness latenessOf(FixedKeyRecord<K, V> record) {
        Lateness ofTask = Objects.requireNonNull(lateness);
        ofTask.of(record.headers(), record.timestamp());
        return ofTask;
    }

    @Override
    public void close() {
        if (lateness != null) {
            lateness.close();
        }
    }
}
