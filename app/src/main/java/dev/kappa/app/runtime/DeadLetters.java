package dev.kappa.app.runtime;

import dev.kappa.avro.SchemaRegistryUnavailableException;
import dev.kappa.reprocessing.catalog.VersionId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.errors.DeserializationExceptionHandler;
import org.apache.kafka.streams.errors.ErrorHandlerContext;
import org.apache.kafka.streams.errors.ProcessingExceptionHandler;
import org.apache.kafka.streams.errors.ProductionExceptionHandler;
import org.apache.kafka.streams.processor.api.Record;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends records of one version that cannot be read or processed to the view's dead letter topic: key, value and headers
 * as they were, plus headers that say where the record came from and what was wrong. A letter is written in a
 * transaction of the version; after a crash the same letter can come again, and its origin tells that it is the same.
 * Kafka Streams lets go of a record's bytes once something of it was sent; a failure after that makes a letter without
 * key and value, whose origin says where they are.
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
        header(headers, "kappa.origin.topic", origin.topic());
        header(headers, "kappa.origin.partition", origin.partition());
        header(headers, "kappa.origin.offset", origin.offset());
        header(headers, "kappa.origin.timestamp", origin.timestamp());
        header(headers, "kappa.error.class", failure.getClass().getName());
        header(headers, "kappa.error.message", failure.getMessage());
        header(headers, "kappa.version", version);
        return List.of(new ProducerRecord<>(topic, null, null, key, value, headers));
    }

    private static void header(Headers headers, String name, @Nullable Object value) {
        headers.add(name, String.valueOf(value).getBytes(StandardCharsets.UTF_8));
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

    /** For results that do not fit their schema. Instantiated by Kafka Streams. */
    public static final class OnProduction implements ProductionExceptionHandler {

        private @Nullable DeadLetters deadLetters;

        @Override
        public void configure(Map<String, ?> configs) {
            this.deadLetters = from(configs);
        }

        @Override
        public ProductionExceptionHandler.Response handleError(
                ErrorHandlerContext context, ProducerRecord<byte[], byte[]> record, Exception exception) {
            return exception instanceof RetriableException
                    ? ProductionExceptionHandler.Response.retry()
                    : ProductionExceptionHandler.Response.fail();
        }

        @Override
        @SuppressWarnings("rawtypes") // As the interface has it.
        public ProductionExceptionHandler.Response handleSerializationError(
                ErrorHandlerContext context,
                ProducerRecord record,
                Exception exception,
                SerializationExceptionOrigin origin) {
            return isFaultOfRecord(exception) ? letter(context, exception) : ProductionExceptionHandler.Response.fail();
        }

        private ProductionExceptionHandler.Response letter(ErrorHandlerContext context, Exception exception) {
            return ProductionExceptionHandler.Response.resume(Objects.requireNonNull(deadLetters)
                    .letter(context, context.sourceRawKey(), context.sourceRawValue(), exception));
        }
    }
}
