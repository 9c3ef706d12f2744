package dev.kappa.app.alignment;

import dev.kappa.reprocessing.cluster.HeaderText;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Bounds the bytes that one poll of a consumer hands over, and those of one record. Kafka bounds what is fetched, which may be compressed a
 * thousand times: a poll of five hundred such records would not fit into the heap.
 *
 * <p>A poll whose bytes are used up ends at the record at which they are: its deserializer fails, and a consumer gives the records before such a
 * record first and tries that one again with the next poll. The first record of a poll is handed over whatever its size. Of a record
 * that is too large for the topics of a version, the value is left out, and a header says so.
 *
 * <p>Of one consumer, whose thread alone may use it.
 *
 * @see org.apache.kafka.common.errors.RecordDeserializationException
 */
public final class FetchBudget {

    /** Header of a record whose value was left out: why. */
    public static final String TOO_LARGE = "kappa.too-large";

    private static final long BYTES = 8L << 20;

    private final int maxRecordBytes;
    private long used;

    /** Bytes of the key of the record whose value comes next. */
    private long ofKey;

    /**
     * A budget.
     *
     * @param maxRecordBytes the most bytes that a value may have
     */
    FetchBudget(int maxRecordBytes) {
        this.maxRecordBytes = maxRecordBytes;
    }

    /** A poll begins. */
    void begin() {
        used = 0;
        ofKey = 0;
    }

    /** Why the value of a record was left out; empty for any other record. */
    public static Optional<String> tooLarge(Headers headers) {
        return HeaderText.of(headers, TOO_LARGE);
    }

    /** Reads keys. */
    Deserializer<byte[]> keys() {
        return new ByteArrayDeserializer() {
            @Override
            public byte[] deserialize(String topic, Headers headers, ByteBuffer data) {
                int size = data.remaining();
                spend(used, size);
                ofKey = size;
                return super.deserialize(topic, headers, data);
            }
        };
    }

    /** Reads values. */
    Deserializer<byte[]> values() {
        return new ByteArrayDeserializer() {
            @Override
            public byte[] deserialize(String topic, Headers headers, ByteBuffer data) {
                if (headers.lastHeader(TOO_LARGE) != null) {
                    // It is ours to set.
                    headers.remove(TOO_LARGE);
                }
                int size = data.remaining();
                spend(used - ofKey, size);
                ofKey = 0;
                if (size > maxRecordBytes) {
                    String reason = "The value has " + size + " bytes, more than " + maxRecordBytes
                            + " (kappa.topics.max-message-bytes)";
                    headers.add(TOO_LARGE, reason.getBytes(StandardCharsets.UTF_8));
                    return new byte[0];
                }
                return super.deserialize(topic, headers, data);
            }
        };
    }

    /**
     * Takes bytes from the budget.
     *
     * @param before bytes of the records before
     * @throws FullException when there are such records, and the bytes do not fit beside them
     */
    private void spend(long before, long size) {
        if (before > 0 && used + size > BYTES) {
            throw new FullException();
        }
        used += size;
    }

    /** The poll is full. It is no error, and thrown often: without a stack trace. */
    private static final class FullException extends SerializationException {

        private static final long serialVersionUID = 1L;

        FullException() {
            super("The poll has as many bytes as it may have");
        }
    }
}
