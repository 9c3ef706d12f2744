package dev.kappa.topologies.guard;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.jspecify.annotations.Nullable;

/**
 * The records that the stream threads of a version are processing, and those that have ended threads. A record that has ended
 * threads twice is failed before anything is done with it, so that its dead letter is written and processing continues.
 *
 * <p>Thread-safe; each stream thread says for itself what it processes.
 */
public final class RecordsInProgress {

    /** Times that a record may end a thread. */
    private static final int STRIKES = 2;

    /** Where a record is: in an input or in a repartition topic. */
    public record Origin(String topic, int partition, long offset) {
        @Override
        public String toString() {
            return topic + "-" + partition + "@" + offset;
        }
    }

    private record Failure(int strikes, String reason) {}

    private final Map<Origin, Failure> failures = new ConcurrentHashMap<>();

    @SuppressWarnings("ThreadLocalUsage") // One for each version; it goes with the stream threads.
    private final ThreadLocal<OfThread> threads = ThreadLocal.withInitial(OfThread::new);

    /** The records that one stream thread processes. */
    final class OfThread {

        private @Nullable ProcessingContext context;
        private @Nullable Origin failedAt;
        private int depth;

        /**
         * An operator begins with a record; it may be called by another one, with the same input record.
         *
         * @throws RecordFailedException when the record has ended threads before
         */
        void begins(ProcessingContext of) {
            if (depth++ == 0) {
                context = of;
                if (!failures.isEmpty()) {
                    failIfStruckOut();
                }
            }
        }

        /**
         * An operator ends. When it has failed, what it was processing is known now: Kafka Streams goes back to the record before.
         */
        void ends(boolean normally) {
            if (!normally && failedAt == null) {
                failedAt = origin().orElse(null);
            }
            depth--;
            if (normally && depth == 0) {
                failedAt = null;
            }
        }

        private void failIfStruckOut() {
            Optional<Origin> origin = origin();
            Failure before = origin.map(failures::get).orElse(null);
            if (before != null && before.strikes() >= STRIKES) {
                throw new RecordFailedException("The record " + origin.get() + " ended stream threads "
                        + before.strikes() + " times, the last with " + before.reason());
            }
        }

        private Optional<Origin> origin() {
            ProcessingContext of = context;
            return of == null
                    ? Optional.empty()
                    : of.recordMetadata()
                            .filter(record -> record.topic() != null)
                            .map(record -> new Origin(record.topic(), record.partition(), record.offset()));
        }
    }

    /** The records that the current thread processes. A caller keeps the result only for that thread. */
    OfThread ofThisThread() {
        return threads.get();
    }

    /** The record is done: processed, or in the dead letters. Called on its stream thread. */
    public void done() {
        threads.get().failedAt = null;
    }

    /** The record at which an operator of this stream thread failed; empty when the thread failed at something else. */
    public Optional<Origin> failedAt() {
        return Optional.ofNullable(threads.get().failedAt);
    }

    /**
     * A record has ended a stream thread.
     *
     * @return whether it is failed from now on, instead of being processed again
     */
    public boolean struck(Origin record, Throwable reason) {
        Failure now = failures.merge(
                record,
                new Failure(1, reason.toString()),
                (before, one) -> new Failure(before.strikes() + 1, one.reason()));
        return now.strikes() >= STRIKES;
    }
}
