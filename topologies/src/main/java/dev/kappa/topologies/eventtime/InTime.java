package dev.kappa.topologies.eventtime;

import java.time.Duration;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;

/** Lets events through that do not come too late for what stays open for a while after them. */
public final class InTime<K, V> extends LatenessProcessor<K, V> {

    private final long open;

    public InTime(String operator, Duration open) {
        super(operator);
        this.open = open.toMillis();
    }

    @Override
    public void process(FixedKeyRecord<K, V> record) {
        if (!latenessOf(record).isTooLateFor(record.timestamp() + open)) {
            context().forward(record);
        }
    }
}
