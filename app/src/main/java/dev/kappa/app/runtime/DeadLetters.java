package dev.kappa.app.runtime;

import dev.kappa.avro.SchemaRegistryUnavailableException;
import dev.kappa.reprocessing.VersionId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.errors.DeserializationExceptionHandler;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends records of one version that cannot be read or processed to the view's dead letter topic: key, value and headers
 * as they were, plus headers that say where the record came from and what was wrong. It is written in the transaction
 * that skips the record, so exactly once.
 *
 * <p>A failure that is not the record's fault, such as a registry or a disk that is away, stops the thread instead.
 *
 * <p>Thread-safe.
 */
final class DeadLetters {

    /** Key under which Kafka Streams hands this object to the handlers. */
    static final String CONFIG = "kappa.dead.letters";

    private static final Logger log = LoggerFactory.getLogger(DeadLetters.class);

    private final VersionId version;
    private final String topic;
    private final LongAdder count = new LongAdder();

    DeadLetters(VersionId version, String topic) {
        this.version = version;
        this.topic = topic;
    }

    /** Records sent since this instance started. */
    long count() {
        return count.sum();
    }

    /** Whether skipping the record helps. */
    static boolean isFaultOfRecord(Exception failure) {
        return !SchemaRegistryUnavailableException.isCauseOf(failure)
                && (failure instanceof SerializationException || !(failure instanceof KafkaException));
    }

    private List<ProducerRecord<byte[], byte[]>> letter(
            ErrorHandlerContext origin, byte @Nullable [] key, byte @Nullable [] value, Exception failure) {
        count.increment();
        log.warn(
                "Record sent to the dead letters: view={} version={} topic={} partition={} offset={} deadLetters={} error=\"{}\"",
                version.view(),
                version.number(),
                origin.topic(),
                origin.partition(),
                origin.offset(),
                topic,
                failure.toString());
        var headers = new RecordHeaders(origin.headers());
        Map.of(
                        "kappa.origin.topic", origin.topic(),
                        "kappa.origin.partition", String.valueOf(origin.partition()),
                        "kappa.origin.offset", String.valueOf(origin.offset()),
                        "kappa.origin.timestamp", String.valueOf(origin.timestamp()),
                        "kappa.error.class", failure.getClass().getName(),
                        "kappa.error.message", String.valueOf(failure.getMessage()),
                        "kappa.version", version.toString())
                .forEach((name, text) -> headers.add(name, text.getBytes(StandardCharsets.UTF_8)));
        return List.of(new ProducerRecord<>(topic, null, null, key, value, headers));
    }

    private static DeadLetters from(Map<String, ?> configs) {
        return (DeadLetters) Objects.requireNonNull(configs.get(CONFIG), CONFIG);
    }

    /** For records whose bytes cannot be read. Instantiated by Kafka Streams. */
    public static final class OnDeserialization implements DeserializationExceptionHandler {

        private @Nullable DeadLetters deadLetters;

        @Override
        public void configure(Map<String, ?> configs) {
            this.deadLetters = from(configs);
        }

        @Override
        public DeserializationExceptionHandler.Response handleError(
                ErrorHandlerContext context, ConsumerRecord<byte[], byte[]> record, Exception exception) {
            return isFaultOfRecord(exception)
                    ? DeserializationExceptionHandler.Response.resume(Objects.requireNonNull(deadLetters)
                            .letter(context, record.key(), record.value(), exception))
                    : DeserializationExceptionHandler.Response.fail();
        }
    }

    /** For records that a view's code cannot process. Instantiated by Kafka Streams. */
    public static final class OnProcessing implements ProcessingExceptionHandler {

        private @Nullable DeadLetters deadLetters;

        @Override
        public void configure(Map<String, ?> configs) {
            this.deadLetters = from(configs);
        }

        @Override
        public ProcessingExceptionHandler.Response handleError(
                ErrorHandlerContext context, Record<?, ?> record, Exception exception) {
            return isFaultOfRecord(exception)
                    ? ProcessingExceptionHandler.Response.resume(Objects.requireNonNull(deadLetters)
                            .letter(context, context.sourceRawKey(), context.sourceRawValue(), exception))
                    : ProcessingExceptionHandler.Response.fail();
        }
    }
}
