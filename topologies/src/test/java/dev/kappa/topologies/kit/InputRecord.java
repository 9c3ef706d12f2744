package dev.kappa.topologies.kit;

import dev.kappa.topologies.Input;
import java.time.Instant;
import org.apache.avro.specific.SpecificRecord;
import org.jspecify.annotations.Nullable;

/**
 * A record of an input topic.
 *
 * @param input which input
 * @param partition its partition
 * @param key its key; null for a record that has lost it
 * @param value its value; null deletes from a table, and is invalid in a stream
 * @param unreadable whether its bytes are no Avro at all
 * @param writtenAt the log's time
 */
public record InputRecord(
        Input<?> input,
        int partition,
        @Nullable String key,
        @Nullable SpecificRecord value,
        boolean unreadable,
        Instant writtenAt) {}
