package dev.kappa.reprocessing.cluster;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/** Headers of records whose values are text. Thread-safe. */
public final class HeaderText {

    private HeaderText() {}

    /** The text of a header; empty when there is none of that name, or it has no value. */
    public static Optional<String> of(Headers headers, String name) {
        return Optional.ofNullable(headers.lastHeader(name))
                .map(Header::value)
                .map(value -> new String(value, StandardCharsets.UTF_8));
    }
}
