package dev.kappa.topologies;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.TaskId;
import org.apache.kafka.streams.processor.api.ProcessingContext;
import org.jspecify.annotations.Nullable;

/**
 * Has what tasks do committed soon while the view keeps up, and leaves it to Kafka Streams' longer interval while it is behind.
 * That interval is fixed for as long as a version runs; a commit can be asked for at any time. A task that has done nothing asks for
 * none: Kafka Streams would commit an empty transaction.
 *
 * <p>One for all tasks of a topology. Thread-safe.
 */
final class PromptCommits {

    private final InputObserver observer;
    private final Map<TaskId, OfTask> tasks = new ConcurrentHashMap<>();

    PromptCommits(InputObserver observer) {
        this.observer = observer;
    }

    /** Those of a task whose processor begins, perhaps again: what was due before is not. The task's processors have one in common. */
    OfTask of(ProcessingContext context) {
        OfTask commits = tasks.computeIfAbsent(context.taskId(), _ -> new OfTask());
        commits.begin(context);
        return commits;
    }

    /** Of one task, by its thread. */
    final class OfTask {

        private @Nullable ProcessingContext context;
        private @Nullable Cancellable due;

        private void begin(ProcessingContext context) {
            this.context = context;
            cancel();
        }

        /** The task has done something. */
        void worked() {
            if (due == null && context != null && observer.commitInterval().isPositive()) {
                due = context.schedule(observer.commitInterval(), PunctuationType.WALL_CLOCK_TIME, _ -> commit());
            }
        }

        private void commit() {
            cancel();
            if (context != null && !observer.isBehind()) {
                context.commit();
            }
        }

        private void cancel() {
            if (due != null) {
                due.cancel();
                due = null;
            }
        }
    }
}
