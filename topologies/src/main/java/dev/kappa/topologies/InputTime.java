package dev.kappa.topologies;

import dev.kappa.avro.SchemaRegistryUnavailableException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Deserializer;

/** Tells the event times of an input's records before a view takes them up. Not thread-safe. */
public final class InputTime {

    private final EventTime eventTime;
    private final Deserializer<?> deserializer;

    /** Of an input whose records are read with these serdes, and observed so. */
    public InputTime(Input<?> input, Serdes serdes, InputObserver observer) {
        this.eventTime = new EventTime("", input, observer);
        this.deserializer = serdes.value(DataType.of(input.type())).deserializer();
    }

    /**
     * A record's event time in milliseconds since the epoch; {@link Long#MIN_VALUE} when it has none that counts.
     *
     * @throws RuntimeException caused by a {@link SchemaRegistryUnavailableException} when it cannot be known now
     */
    public long of(ConsumerRecord<byte[], byte[]> record) {
        Object value;
        try {
            value = deserializer.deserialize(record.topic(), record.headers(), record.value());
        } catch (RuntimeException unreadable) {
            if (SchemaRegistryUnavailableException.isCauseOf(unreadable)) {
                throw unreadable;
            }
            // The view will say so.
            return Long.MIN_VALUE;
        }
        long time = eventTime.usableTime(record.timestamp(), value);
        return time < 0 ? Long.MIN_VALUE : time;
    }
}
