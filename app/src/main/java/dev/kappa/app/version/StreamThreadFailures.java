package dev.kappa.app.version;

import dev.kappa.app.alignment.MissingOffsets.PositionLostException;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.guard.RecordsInProgress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles failures of a version's stream threads: {@link ThreadReplacement} decides, this class waits, logs and keeps the reason.
 * Thread-safe; called on the thread that failed.
 */
final class StreamThreadFailures implements StreamsUncaughtExceptionHandler, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(StreamThreadFailures.class);

    private final VersionId version;
    private final RecordsInProgress records;
    private final ThreadReplacement replacement;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile String failure = "";
    private volatile String waitsFor = "";
    private volatile boolean isPositionLost;

    StreamThreadFailures(VersionId version, RecordsInProgress records, InstantSource clock) {
        this.version = version;
        this.records = records;
        this.replacement = new ThreadReplacement(clock);
    }

    /** Why the version has failed here, or what it waits for; empty while it runs. */
    String reason() {
        return failure.isEmpty() ? waitsFor : failure;
    }

    /** The version runs: it waits for nothing. */
    void recovered() {
        waitsFor = "";
    }

    /** Whether the version cannot continue since its place in its inputs is lost. */
    boolean isPositionLost() {
        return isPositionLost;
    }

    private static Optional<PositionLostException> lost(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof PositionLostException found) {
                return Optional.of(found);
            }
        }
        return Optional.empty();
    }

    @Override
    public StreamThreadExceptionResponse handle(Throwable thrown) {
        Optional<PositionLostException> lost = lost(thrown);
        if (lost.isPresent()) {
            failure = String.valueOf(lost.get().getMessage());
            isPositionLost = true;
            log.error(
                    "Version is stopped: view={} version={} reason=\"{}\"", version.view(), version.number(), failure);
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        }
        if (ThreadReplacement.isOfEnvironment(thrown)) {
            Duration wait = replacement.nextWait();
            waitsFor = thrown.toString();
            log.warn(
                    "Stream thread failed for a reason outside the version and is replaced: view={} version={} afterMs={}",
                    version.view(),
                    version.number(),
                    wait.toMillis(),
                    thrown);
            pause(wait);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        Optional<RecordsInProgress.Origin> record = records.failedAt();
        if (record.isPresent() && !(thrown instanceof LinkageError)) {
            boolean isDeadLetter = records.struck(record.get(), thrown);
            log.error(
                    "Stream thread failed at a record and is replaced; the record {}: view={} version={} topic={} partition={} offset={}",
                    isDeadLetter ? "will be sent to the dead letters" : "will be tried once more",
                    version.view(),
                    version.number(),
                    record.get().topic(),
                    record.get().partition(),
                    record.get().offset(),
                    thrown);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        if (replacement.isReplaced(thrown)) {
            log.error(
                    "Stream thread failed and is replaced: view={} version={}",
                    version.view(),
                    version.number(),
                    thrown);
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        }
        failure = "Stream threads kept failing, the last with " + thrown;
        log.error(
                "Stream threads keep failing; the version is marked FAILED on this instance until it restarts: view={} version={} failures={} minutes={}",
                version.view(),
                version.number(),
                ThreadReplacement.MAX_FAILURES_IN_WINDOW + 1,
                ThreadReplacement.WINDOW.toMinutes(),
                thrown);
        return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    }

    private void pause(Duration wait) {
        try {
            var _ = closing.await(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The version is being closed: no thread waits any longer. */
    @Override
    public void close() {
        closing.countDown();
    }
}
