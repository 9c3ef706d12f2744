package dev.kappa.app.version;

import dev.kappa.app.alignment.BoundedProducer;
import dev.kappa.app.alignment.BoundedProducer.RecordTooLargeException;
import dev.kappa.app.alignment.FetchBudget;
import dev.kappa.avro.RecordTypeException;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.deadletters.DeadLetterHeaders;
import dev.kappa.topologies.eventtime.EventTime;
import dev.kappa.topologies.guard.RecordsInProgress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
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
 * key and value, whose origin says where they are. So does a record that is too large for the topic.
 *
 * <p>A failure that is not the record's fault, such as an unavailable registry or disk, stops the thread instead.
 *
 * <p>Thread-safe.
 */
final class DeadLetterHandlers {

    /** Key under which Kafka Streams hands this object to the handlers. */
    static final String CONFIG = "kappa.dead.letters";

    private static final int MAX_MESSAGE_CHARS = 4_000;

    private static final Logger log = LoggerFactory.getLogger(DeadLetterHandlers.class);

    private final VersionId version;
    private final String topic;
    private final int maxBytes;
    private final Set<String> skipOtherTypes;
    private final RecordsInProgress records;
    private final LongAdder count = new LongAdder();
    private final LongAdder skipped = new LongAdder();

    /**
     * Of one version.
     *
     * @param maxBytes the most bytes that a letter may have
     * @param skipOtherTypes inputs whose records of other types are skipped
     * @param records told when a record is done
     */
    DeadLetterHandlers(
            VersionId version, String topic, int maxBytes, Set<String> skipOtherTypes, RecordsInProgress records) {
        this.version = version;
        this.topic = topic;
        this.maxBytes = maxBytes;
        this.skipOtherTypes = Set.copyOf(skipOtherTypes);
        this.records = records;
    }

    /** Records of other types that were skipped since this instance started. */
    long skipped() {
        return skipped.sum();
    }

    /** Records sent since this instance started. */
    long count() {
        return count.sum();
    }

    /** Whether skipping the record helps. */
    static boolean isFaultOfRecord(Exception failure) {
        if (ThreadReplacement.isOfEnvironment(failure)) {
            return false;
        }
        if (failure instanceof RecordTooLargeException tooLarge) {
            // The store has changed, its changelog has not: the task has to be restored before the record can be left
            // out.
            return !tooLarge.isChange();
        }
        return failure instanceof SerializationException || !(failure instanceof KafkaException);
    }

    private List<ProducerRecord<byte[], byte[]>> letter(
            ErrorHandlerContext origin, byte @Nullable [] key, byte @Nullable [] value, Exception failure) {
        count.increment();
        records.done();
        log.warn(
                "Record sent to the dead letters: view={} version={} topic={} partition={} offset={} deadLetters={} error=\"{}\"",
                version.view(),
                version.number(),
                origin.topic(),
                origin.partition(),
                origin.offset(),
                topic,
                shortened(failure.toString()));
        var headers = new RecordHeaders(origin.headers());
        headers.remove(FetchBudget.TOO_LARGE);
        describe(headers, origin, failure);
        var whole = new ProducerRecord<>(topic, null, null, key, value, headers);
        if (BoundedProducer.bytes(whole) <= maxBytes) {
            return List.of(whole);
        }
        var alone = new RecordHeaders();
        describe(alone, origin, failure);
        return List.of(new ProducerRecord<>(topic, null, null, null, null, alone));
    }

    private void describe(Headers headers, ErrorHandlerContext origin, Exception failure) {
        new DeadLetterHeaders(
                        // A punctuator has no record.
                        new TopicPartition(String.valueOf(origin.topic()), origin.partition()),
                        origin.offset(),
                        Instant.ofEpochMilli(EventTime.logTime(origin.headers(), origin.timestamp())),
                        version,
                        failure.getClass().getName(),
                        String.valueOf(shortened(failure.getMessage())))
                .addTo(headers);
    }

    /** Avro names whole schemas in messages. */
    private static @Nullable String shortened(@Nullable String message) {
        return message == null || message.length() <= MAX_MESSAGE_CHARS
                ? message
                : message.substring(0, MAX_MESSAGE_CHARS) + "…";
    }

    private static DeadLetterHandlers from(Map<String, ?> configs) {
        return (DeadLetterHandlers) Objects.requireNonNull(configs.get(CONFIG), CONFIG);
    }

    /** For records whose bytes cannot be read. Instantiated by Kafka Streams. */
    public static final class OnDeserialization implements DeserializationExceptionHandler {

        private @Nullable DeadLetterHandlers deadLetters;

        @Override
        public void configure(Map<String, ?> configs) {
            this.deadLetters = from(configs);
        }

        @Override
        public DeserializationExceptionHandler.Response handleError(
                ErrorHandlerContext context, ConsumerRecord<byte[], byte[]> record, Exception exception) {
            DeadLetterHandlers letters = Objects.requireNonNull(deadLetters);
            Optional<String> tooLarge = FetchBudget.tooLarge(record.headers());
            if (tooLarge.isPresent()) {
                var reason = new SerializationException(tooLarge.get());
                return DeserializationExceptionHandler.Response.resume(letters.letter(context, null, null, reason));
            }
            if (RecordTypeException.isCauseOf(exception) && letters.skipOtherTypes.contains(record.topic())) {
                letters.skipped.increment();
                return DeserializationExceptionHandler.Response.resume();
            }
            return isFaultOfRecord(exception)
                    ? DeserializationExceptionHandler.Response.resume(Objects.requireNonNull(deadLetters)
                            .letter(context, record.key(), record.value(), exception))
                    : DeserializationExceptionHandler.Response.fail();
        }
    }

    /** For records that a view's code cannot process. Instantiated by Kafka Streams. */
    public static final class OnProcessing implements ProcessingExceptionHandler {

        private @Nullable DeadLetterHandlers deadLetters;

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

        private @Nullable DeadLetterHandlers deadLetters;

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
            boolean isOfOneRecord = context.headers().lastHeader(EventTime.COMBINED_HEADER) == null;
            return isOfOneRecord && isFaultOfRecord(exception)
                    ? letter(context, exception)
                    : ProductionExceptionHandler.Response.fail();
        }

        private ProductionExceptionHandler.Response letter(ErrorHandlerContext context, Exception exception) {
            return ProductionExceptionHandler.Response.resume(Objects.requireNonNull(deadLetters)
                    .letter(context, context.sourceRawKey(), context.sourceRawValue(), exception));
        }
    }
}
