package dev.kappa.reprocessing.deadletters;

import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * A record that could not be read or processed.
 *
 * @param id where the letter is in the dead letter topic, as partition and offset
 * @param origin topic and partition the record was in
 * @param offset its offset there
 * @param timestamp its time in the log
 * @param version the version that could not process it
 * @param errorClass class of the error
 * @param errorMessage what the error said
 * @param key the record's key
 * @param value the record's value
 * @param headers the letter's
 * @param replayedAt when it was sent again; absent when it was not
 */
public record DeadLetter(
        Id id,
        TopicPartition origin,
        long offset,
        Instant timestamp,
        VersionId version,
        String errorClass,
        String errorMessage,
        @Nullable Bytes key,
        @Nullable Bytes value,
        Headers headers,
        Optional<Instant> replayedAt) {

    /** Where a letter is. */
    public record Id(int partition, long offset) {
        /**
         * Reads what {@link #toString} writes.
         *
         * @throws IllegalArgumentException when it is no such text
         */
        public static Id parse(String text) {
            int colon = text.indexOf(':');
            try {
                return new Id(
                        Integer.parseInt(text.substring(0, Math.max(0, colon))),
                        Long.parseLong(text.substring(colon + 1)));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(
                        "A dead letter is named PARTITION:OFFSET, such as 0:17; got " + text, e);
            }
        }

        @Override
        public String toString() {
            return partition + ":" + offset;
        }
    }

    /** Where the record was. */
    public String originText() {
        return origin + "@" + offset;
    }

    /** The record and the version that failed on it. Several letters may have the same subject. */
    String about() {
        return version + " " + originText();
    }

    /** The same without key, value and headers. */
    DeadLetter withoutBytes() {
        return new DeadLetter(
                id,
                origin,
                offset,
                timestamp,
                version,
                errorClass,
                errorMessage,
                null,
                null,
                new RecordHeaders(),
                replayedAt);
    }

    DeadLetter replayed(Instant at) {
        return new DeadLetter(
                id, origin, offset, timestamp, version, errorClass, errorMessage, key, value, headers, Optional.of(at));
    }
}
