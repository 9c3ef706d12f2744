package dev.kappa.reprocessing.inputs;

import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A record of an input, as a look at it tells.
 *
 * @param partition where it is
 * @param key its key
 * @param loggedAt the record timestamp
 * @param isTombstone whether it has no value
 * @param fieldKey text of the schema's key field; absent without a value, a field, or where the field is null
 * @param eventTime time of the event, where its schema names one
 * @param unreadable why its value cannot be read; absent where it can
 */
record SampledRecord(
        int partition,
        @Nullable Bytes key,
        Instant loggedAt,
        boolean isTombstone,
        Optional<String> fieldKey,
        Optional<Instant> eventTime,
        Optional<String> unreadable) {}
