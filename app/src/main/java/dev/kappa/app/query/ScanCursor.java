package dev.kappa.app.query;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;
import org.apache.kafka.common.utils.Bytes;

/**
 * Where an item stands in its list: by a number first, then by key. As text, it is the cursor from which the next page continues,
 * and stays valid while data changes: it names a place in the order, not a position in a list.
 *
 * @param key the item's key, serialized
 * @param order what the list is ordered by before the key: start of a window in milliseconds; 0 where there is nothing
 */
public record ScanCursor(Bytes key, long order) implements Comparable<ScanCursor> {

    private static final byte FORMAT = 1;
    private static final int HEADER = 1 + Integer.BYTES + Long.BYTES;

    /**
     * The place as opaque text, safe in a URL.
     *
     * @param scope names the list it belongs to; another list will not take it
     */
    public String encode(String scope) {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER + key.get().length)
                .put(FORMAT)
                .putInt(checksum(scope))
                .putLong(order)
                .put(key.get());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
    }

    /**
     * Reads a cursor.
     *
     * @throws IllegalArgumentException when it is not one, or belongs to another list
     */
    public static ScanCursor decode(String text, String scope) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
            if (bytes.get() == FORMAT && bytes.getInt() == checksum(scope)) {
                long order = bytes.getLong();
                byte[] key = new byte[bytes.remaining()];
                bytes.get(key);
                return new ScanCursor(Bytes.wrap(key), order);
            }
        } catch (BufferUnderflowException tooShort) {
            // Falls through to the same message.
        }
        throw new IllegalArgumentException("Not a cursor of this list");
    }

    private static int checksum(String scope) {
        var crc = new CRC32();
        crc.update(scope.getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }

    /** The place of a value in a list of the largest first. */
    static ScanCursor ofRank(double rank, Bytes key) {
        long bits = Double.doubleToLongBits(rank);
        // Negative doubles are ordered the other way round than their bits; and the largest comes first.
        return new ScanCursor(key, bits < 0 ? bits ^ Long.MAX_VALUE : bits).reversed();
    }

    private ScanCursor reversed() {
        return new ScanCursor(key, ~order);
    }

    @Override
    public int compareTo(ScanCursor other) {
        int byOrder = Long.compare(order, other.order);
        return byOrder != 0 ? byOrder : key.compareTo(other.key);
    }
}
