package dev.kappa.localdev;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/** Requests that instances send each other, written without the code that they use. */
final class PartitionRequests {

    private PartitionRequests() {}

    /** All windows of a store of version 1, in four partitions. */
    static String windows(String view, String store) {
        return """
                {"view":"%s","version":1,"store":"%s","partitions":[0,1,2,3],
                 "query":{"kind":"windows","limit":100,"from":"1970-01-01T00:00:00Z","to":"9999-01-01T00:00:00Z"}}""".formatted(view, store);
    }

    /** The value of a text key in a store of version 1, in four partitions. */
    static String entry(String view, String store, String key) {
        return """
                {"view":"%s","version":1,"store":"%s","partitions":[0,1,2,3],
                 "query":{"kind":"entry","limit":1,"key":"%s"}}""".formatted(view, store, Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8)));
    }

    /** Where a request is posted to. */
    static String path(String body) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
            return "/internal/partitions?sha256=" + HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
