package dev.kappa.topologies.input;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.common.utils.Utils;

/** Reads the bytes of a record's key. */
public final class KeyBytes {

    private KeyBytes() {}

    /** The text; empty when the bytes are not UTF-8. Unlike {@code new String}, it replaces nothing. */
    public static Optional<String> text(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /**
     * The partition on which Java's default partitioner places a key.
     *
     * @param partitions how many the topic has
     */
    public static int partition(byte[] key, int partitions) {
        return Utils.toPositive(Utils.murmur2(key)) % partitions;
    }
}
