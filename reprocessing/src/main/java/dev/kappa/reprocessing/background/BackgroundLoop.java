package dev.kappa.reprocessing.background;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread that repeats a task until it is closed.
 *
 * <p>No failure of the task ends the thread. The first failure is logged as a warning, those that follow it at level DEBUG, and
 * the first success after them as information. Between failed turns the loop waits, longer each time, up to ten seconds.
 *
 * <p>Thread-safe. A task runs on the loop's own thread, which {@link #close} interrupts.
 */
public final class BackgroundLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(BackgroundLoop.class);

    /** Minimum time between two turns, however often the loop is woken up. */
    private static final Duration SHORTEST_INTERVAL = Duration.ofMillis(50);

    private static final Duration FIRST_WAIT = Duration.ofMillis(250);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

    /** The work that a loop repeats. */
    @FunctionalInterface
    public interface Task {

        /**
         * Does one turn.
         *
         * @param loop the loop that runs it; a turn that lasts long tells it of its {@link BackgroundLoop#progress}
         * @throws Exception when the turn failed, for whatever reason; the next one tries again
         */
        void run(BackgroundLoop loop) throws Exception;
    }

    /**
     * The log messages of a loop.
     *
     * @param failing when a turn fails after one that did not
     * @param recovered when a turn succeeds after one that failed
     */
    public record Messages(String failing, String recovered) {}

    /**
     * How a loop is doing.
     *
     * @param name of its thread
     * @param isAlive whether its thread runs
     * @param turn how long the turn under way has lasted without progress; zero between turns
     * @param failure why the last turn failed; empty when it did not
     * @param failingSince when the first of the failed turns failed
     */
    public record Status(
            String name, boolean isAlive, Duration turn, Optional<String> failure, Optional<Instant> failingSince) {}

    private final Duration interval;
    private final Messages messages;
    private final Task task;
    private final Runnable cleanup;
    private final InstantSource clock = InstantSource.system();
    private final Backoff backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT);
    private final Thread thread;
    private boolean isWoken;
    private volatile boolean isClosing;
    private volatile long turnBegan;
    private volatile boolean isInTurn;
    private volatile Optional<String> failure = Optional.empty();
    private volatile Optional<Instant> failingSince = Optional.empty();

    /**
     * A loop that does not run yet.
     *
     * @param name of its thread
     * @param interval from the end of a turn to the next; zero for a task that waits by itself
     */
    public BackgroundLoop(String name, Duration interval, Messages messages, Task task) {
        this(name, interval, messages, task, () -> {});
    }

    /**
     * The same, with something to do when the loop has ended.
     *
     * @param cleanup runs last on the loop's thread, for what the task alone may touch
     */
    public BackgroundLoop(String name, Duration interval, Messages messages, Task task, Runnable cleanup) {
        this.interval = interval;
        this.messages = messages;
        this.task = task;
        this.cleanup = cleanup;
        this.thread = Thread.ofPlatform().name(name).unstarted(this::loop);
    }

    /** Starts the thread; once only. */
    public BackgroundLoop start() {
        thread.start();
        return this;
    }

    /** Makes the next turn begin now instead of at the end of the interval. */
    public synchronized void wakeUp() {
        isWoken = true;
        notifyAll();
    }

    /** Says, from within a turn that lasts long, that it is not stuck. */
    public void progress() {
        turnBegan = System.nanoTime();
    }

    public Status status() {
        return new Status(
                thread.getName(),
                thread.isAlive(),
                isInTurn ? Duration.ofNanos(System.nanoTime() - turnBegan) : Duration.ZERO,
                failure,
                failingSince);
    }

    private void loop() {
        try {
            while (!isClosing) {
                waitFor(turn() ? interval : backoff.next());
            }
        } catch (InterruptedException closing) {
            log.debug("Loop ends: name={}", thread.getName());
        } finally {
            // A client would not close while the thread is interrupted.
            var _ = Thread.interrupted();
            cleanup.run();
        }
    }

    /** Whether the turn succeeded. */
    @SuppressWarnings("CatchingUnchecked") // Whatever a task throws, the loop continues.
    private boolean turn() throws InterruptedException {
        turnBegan = System.nanoTime();
        isInTurn = true;
        try {
            task.run(this);
            succeeded();
            return true;
        } catch (InterruptedException | InterruptException | WakeupException e) {
            // Kafka's own leaves the thread interrupted.
            var _ = Thread.interrupted();
            return failed(e);
        } catch (Throwable e) {
            return failed(e);
        } finally {
            isInTurn = false;
        }
    }

    /** Says, from within a turn that lasts long, that it does what earlier ones failed to do. */
    public void succeeded() {
        progress();
        if (failure.isPresent()) {
            failure = Optional.empty();
            failingSince = Optional.empty();
            backoff.reset();
            log.info("{}: loop={}", messages.recovered(), thread.getName());
        }
    }

    private boolean failed(Throwable e) throws InterruptedException {
        if (isClosing) {
            throw new InterruptedException();
        }
        boolean isFirst = failure.isEmpty();
        failure = Optional.of(e.toString());
        if (!isFirst) {
            log.debug("{}: loop={}", messages.failing(), thread.getName(), e);
            return false;
        }
        failingSince = Optional.of(clock.instant());
        if (e instanceof KafkaException || e instanceof ExecutionException) {
            log.warn("{}: loop={} failure=\"{}\"", messages.failing(), thread.getName(), reason(e));
        } else {
            // Nobody has foreseen it: the stack trace tells where it comes from.
            log.warn("{}: loop={}", messages.failing(), thread.getName(), e);
        }
        return false;
    }

    private static String reason(Throwable e) {
        return String.valueOf(e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e);
    }

    private void waitFor(Duration wait) throws InterruptedException {
        long deadline = System.nanoTime() + wait.toNanos();
        Thread.sleep(wait.compareTo(SHORTEST_INTERVAL) < 0 ? wait : SHORTEST_INTERVAL);
        synchronized (this) {
            while (!isWoken && !isClosing) {
                long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
                if (left <= 0) {
                    break;
                }
                wait(left);
            }
            isWoken = false;
        }
    }

    /** Ends the loop and waits for its end, or for the interrupt of this thread. */
    @Override
    public void close() {
        isClosing = true;
        if (thread.getState() == Thread.State.NEW) {
            cleanup.run();
            return;
        }
        thread.interrupt();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
