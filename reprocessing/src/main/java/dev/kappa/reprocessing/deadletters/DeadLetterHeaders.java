package dev.kappa.reprocessing.deadletters;

import dev.kappa.reprocessing.cluster.HeaderText;
import dev.kappa.reprocessing.cluster.VersionId;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;

/**
 * The headers by which a dead letter says what it is about: written by instances, read by the {@link DeadLetterBox}.
 *
 * @param origin topic and partition of the record that failed
 * @param offset its offset there
 * @param timestamp its time in the log
 * @param version the version that failed
 * @param errorClass class of the error
 * @param errorMessage what the error said
 */
public record DeadLetterHeaders(
        TopicPartition origin,
        long offset,
        Instant timestamp,
        VersionId version,
        String errorClass,
        String errorMessage) {

    private static final String TOPIC = "kappa.origin.topic";
    private static final String PARTITION = "kappa.origin.partition";
    private static final String OFFSET = "kappa.origin.offset";
    private static final String TIMESTAMP = "kappa.origin.timestamp";
    private static final String ERROR_CLASS = "kappa.error.class";
    private static final String ERROR_MESSAGE = "kappa.error.message";
    private static final String VERSION = "kappa.version";

    /** Adds them to the headers of a letter. */
    public void addTo(Headers headers) {
        add(headers, TOPIC, origin.topic());
        add(headers, PARTITION, origin.partition());
        add(headers, OFFSET, offset);
        add(headers, TIMESTAMP, timestamp.toEpochMilli());
        add(headers, ERROR_CLASS, errorClass);
        add(headers, ERROR_MESSAGE, errorMessage);
        add(headers, VERSION, version);
    }

    /** The headers of a letter; empty for a record that no instance wrote. */
    static Optional<DeadLetterHeaders> of(Headers headers) {
        Optional<VersionId> version = VersionId.parse(text(headers, VERSION));
        if (version.isEmpty() || text(headers, TOPIC).isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(new DeadLetterHeaders(
                    new TopicPartition(text(headers, TOPIC), Integer.parseInt(text(headers, PARTITION))),
                    Long.parseLong(text(headers, OFFSET)),
                    Instant.ofEpochMilli(Long.parseLong(text(headers, TIMESTAMP))),
                    version.get(),
                    text(headers, ERROR_CLASS),
                    text(headers, ERROR_MESSAGE)));
        } catch (NumberFormatException ofOtherSoftware) {
            return Optional.empty();
        }
    }

    private static void add(Headers headers, String name, Object value) {
        headers.add(name, value.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Headers headers, String name) {
        return HeaderText.of(headers, name).orElse("");
    }
}
