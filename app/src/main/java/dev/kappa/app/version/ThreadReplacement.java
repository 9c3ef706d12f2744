package dev.kappa.app.version;

import dev.kappa.app.alignment.BoundedProducer.RecordTooLargeException;
import dev.kappa.avro.SchemaRegistryException;
import dev.kappa.avro.SchemaRegistryUnavailableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.streams.errors.MissingSourceTopicException;
import org.apache.kafka.streams.errors.ProcessorStateException;
import org.rocksdb.RocksDBException;

/**
 * Decides whether a stream thread that died is replaced: yes, unless too many died of their own fault within a time window.
 * Threads that died because of what surrounds the version do not count: they are replaced after a wait, however long it takes
 * until that is well again. Thread-safe.
 */
final class ThreadReplacement {

    static final int MAX_FAILURES_IN_WINDOW = 5;
    static final Duration WINDOW = Duration.ofMinutes(10);

    private static final Duration FIRST_WAIT = Duration.ofMillis(500);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    /** After so long without a death the next wait is the first one again. */
    private static final Duration QUIET = Duration.ofMinutes(1);

    private final InstantSource clock;
    private final Deque<Instant> deaths = new ArrayDeque<>();
    private Duration wait = FIRST_WAIT;
    private Instant lastWait = Instant.MIN;

    ThreadReplacement(InstantSource clock) {
        this.clock = clock;
    }

    synchronized boolean isReplaced(Throwable failure) {
        if (isOfEnvironment(failure)) {
            return true;
        }
        Instant now = clock.instant();
        deaths.addLast(now);
        while (deaths.getFirst().isBefore(now.minus(WINDOW))) {
            deaths.removeFirst();
        }
        return deaths.size() <= MAX_FAILURES_IN_WINDOW;
    }

    /** How long to wait before the next thread replaces one that died of its environment: twice as long as the last time. */
    synchronized Duration nextWait() {
        Instant now = clock.instant();
        if (lastWait.isBefore(now.minus(QUIET))) {
            wait = FIRST_WAIT;
        }
        lastWait = now;
        Duration next = wait;
        Duration doubled = wait.multipliedBy(2);
        wait = doubled.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : doubled;
        return next;
    }

    /**
     * Whether a failure comes from the broker, a missing topic, the registry or the disk, and not from a record or the version's code. What a
     * serde calls a failure of a record is one, unless it could not ask the registry.
     */
    static boolean isOfEnvironment(Throwable failure) {
        if (isOfSize(failure)) {
            return false;
        }
        boolean isOfRecord = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            boolean isOfConnection = switch (cause) {
                case MissingSourceTopicException _,
                        SchemaRegistryUnavailableException _,
                        SchemaRegistryException _,
                        SocketException _,
                        SocketTimeoutException _,
                        UnknownHostException _,
                        HttpTimeoutException _ -> true;
                default -> false;
            };
            boolean isOfSurroundings = switch (cause) {
                case ProcessorStateException _, RocksDBException _, ApiException _ -> true;
                default -> false;
            };
            isOfRecord |= cause instanceof SerializationException;
            if (isOfConnection || (isOfSurroundings && !isOfRecord)) {
                return true;
            }
        }
        return false;
    }

    /** Kafka Streams takes what a store cannot log for a failure of the disk. */
    private static boolean isOfSize(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RecordTooLargeException) {
                return true;
            }
        }
        return false;
    }
}
