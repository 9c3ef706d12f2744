package dev.kappa.reprocessing;

import java.util.Arrays;
import java.util.Random;

/** Makes hostile records of good ones. */
public final class RandomBytes {

    private RandomBytes() {}

    /** A record with a few bytes changed, and now and then another length; its frame is left alone mostly, so that the payload is read. */
    public static byte[] changed(byte[] record, Random random) {
        byte[] bytes =
                random.nextInt(10) == 0 ? Arrays.copyOf(record, random.nextInt(record.length + 20)) : record.clone();
        for (int changes = random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
            int from = random.nextInt(20) == 0 ? 0 : Math.min(5, bytes.length - 1);
            bytes[from + random.nextInt(bytes.length - from)] = (byte) random.nextInt(256);
        }
        return bytes;
    }
}
