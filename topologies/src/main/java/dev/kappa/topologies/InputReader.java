package dev.kappa.topologies;

import dev.kappa.topologies.eventtime.EventTime;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.input.InputProblem;
import dev.kappa.topologies.input.RecordKeys;
import dev.kappa.topologies.serde.Serdes;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.kstream.Repartitioned;

/** Adds an input to a topology: its source, the check of its records, and the way to their partitions. */
final class InputReader<V extends SpecificRecord> {

    private final Input<V> input;
    private final Serdes serdes;
    private final InputObserver observer;
    private final EventTime eventTime;

    InputReader(Input<V> input, Serdes serdes, InputObserver observer, EventTime eventTime) {
        this.input = input;
        this.serdes = serdes;
        this.observer = observer;
        this.eventTime = eventTime;
    }

    /** The valid events, in event time, where their producer placed them. */
    KStream<String, V> checked(StreamsBuilder builder) {
        var keys = new RecordKeys(
                input,
                isKeyedByField() ? serdes.avroKeys() : Optional.empty(),
                example -> observer.found(input.topic(), InputProblem.KEY_NOT_TEXT, example));
        Serde<String> keySerde = org.apache.kafka.common.serialization.Serdes.serdeFrom(
                serdes.key(DataType.TEXT).serializer(), keys);
        DataType<V> type = DataType.of(input.type());
        Serde<V> valueSerde = org.apache.kafka.common.serialization.Serdes.serdeFrom(
                serdes.value(type).serializer(), serdes.input(type));
        Consumed<String, V> consumed = Consumed.with(keySerde, valueSerde)
                .withTimestampExtractor(eventTime)
                .withName("read-" + input.topic());
        return builder.stream(input.topic(), consumed)
                .processValues(() -> eventTime.new Check<V>(), Named.as("check-" + input.topic()));
    }

    /** The same events on the partition where their key belongs. */
    KStream<String, V> placed(KStream<String, V> checked, Repartitioned<String, V> repartitioned) {
        KStream<String, V> keyed =
                isKeyedByField() ? checked.selectKey(eventTime::keyOf, Named.as("rekey-" + input.topic())) : checked;
        KStream<String, V> placed = keyed.repartition(repartitioned);
        return input.role() == Input.Role.TABLE
                ? placed.processValues(EventTime.TimeOfTable::new, Named.as("time-" + input.topic()))
                : placed;
    }

    private boolean isKeyedByField() {
        return input.settings().keying() == InputSettings.Keying.FIELD;
    }
}
