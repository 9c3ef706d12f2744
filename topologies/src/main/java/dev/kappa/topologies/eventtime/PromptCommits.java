package dev.kappa.topologies.eventtime;

import dev.kappa.topologies.input.InputObserver;
import java.time.Duration;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.jspecify.annotations.Nullable;

/**
 * Has what tasks do committed soon while the view keeps up, and leaves it to Kafka Streams' longer interval while it is behind.
 * That interval is fixed for as long as a version runs; a commit can be asked for at any time, and is one of all tasks of the thread.
 * Commits the first records after a pause at once, and later ones after the interval; an idle thread commits nothing.
 *
 * <p>One for all threads of a topology. Thread-safe.
 */
public final class PromptCommits {

    private final InputObserver observer;

    @SuppressWarnings("ThreadLocalUsage") // One for each topology; it goes with the stream threads.
    private final ThreadLocal<OfThread> threads = ThreadLocal.withInitial(OfThread::new);

    public PromptCommits(InputObserver observer) {
        this.observer = observer;
    }

    /** A task has done something: a processor of it says so for each record. */
    public void worked(ProcessingContext context) {
        threads.get().worked(context);
    }

    /** The planned commit of one stream thread. */
    private final class OfThread {

        /** When the next commit may be, in milliseconds since the epoch. */
        private long next;

        private @Nullable Cancellable planned;

        private void worked(ProcessingContext context) {
            long now = context.currentSystemTimeMs();
            // The task of a plan may be gone since, and the plan with it.
            if (now >= next) {
                commit(context, now);
            } else if (planned == null && next != Long.MAX_VALUE) {
                planned = context.schedule(
                        Duration.ofMillis(next - now),
                        PunctuationType.WALL_CLOCK_TIME,
                        _ -> commit(context, context.currentSystemTimeMs()));
            }
        }

        private void commit(ProcessingContext context, long now) {
            if (planned != null) {
                planned.cancel();
                planned = null;
            }
            Duration interval = observer.commitInterval();
            if (interval.isZero()) {
                next = Long.MAX_VALUE;
                return;
            }
            next = now + interval.toMillis();
            if (!observer.isBehind()) {
                context.commit();
            }
        }
    }
}
