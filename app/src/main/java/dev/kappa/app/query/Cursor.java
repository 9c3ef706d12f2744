package dev.kappa.app.query;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.zip.CRC32;
import org.apache.kafka.common.utils.Bytes;

/**
 * The last item of a page, from which the next page goes on. Stays valid while data changes: it names a place in the
 * order, not a position in a list.
 *
 * @param key the item's key, serialized
 * @param start start of its window in milliseconds; 0 for entries
 */
public record Cursor(Bytes key, long start) {

    private static final byte FORMAT = 1;
    private static final int HEADER = 1 + Integer.BYTES + Long.BYTES;

    /**
     * The cursor as opaque text, safe in a URL.
     *
     * @param scope names the list it belongs to; another list will not take it
     */
    public String encode(String scope) {
        ByteBuffer bytes = ByteBuffer.allocate(HEADER + key.get().length)
                .put(FORMAT)
                .putInt(checksum(scope))
                .putLong(start)
                .put(key.get());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
    }

    /**
     * Reads a cursor.
     *
     * @throws IllegalArgumentException when it is not one, or belongs to another list
     */
    public static Cursor decode(String text, String scope) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
            if (bytes.get() == FORMAT && bytes.getInt() == checksum(scope)) {
                long start = bytes.getLong();
                byte[] key = new byte[bytes.remaining()];
                bytes.get(key);
                return new Cursor(Bytes.wrap(key), start);
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
}
