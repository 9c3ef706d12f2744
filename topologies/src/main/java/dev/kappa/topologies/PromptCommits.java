package dev.kappa.topologies;

import java.time.Duration;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.ProcessingContext;

/**
 * Has a task's results committed soon while the view keeps up, and leaves it to Kafka Streams' longer interval while it is behind.
 * That interval is fixed for as long as a version runs; a commit can be asked for at any time.
 */
final class PromptCommits {

    private PromptCommits() {}

    /** Begins to ask, in the task of a processor. */
    static void schedule(ProcessingContext context, InputObserver observer) {
        Duration interval = observer.commitInterval();
        if (interval.isPositive()) {
            context.schedule(interval, PunctuationType.WALL_CLOCK_TIME, _ -> {
                if (!observer.isBehind()) {
                    context.commit();
                }
            });
        }
    }
}
