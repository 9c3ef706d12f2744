package dev.kappa.app.version;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.TaskMetadata;
import org.apache.kafka.streams.ThreadMetadata;

/**
 * A task of a version on this instance.
 *
 * @param subtopology number of the part of the topology that it runs
 * @param partition its number among the tasks of this part
 * @param isActive whether it processes records; a standby only keeps a copy of the state
 * @param topics that it reads
 */
public record LocalTask(int subtopology, int partition, boolean isActive, List<String> topics) {

    private static final Comparator<LocalTask> ORDER =
            Comparator.comparingInt(LocalTask::subtopology).thenComparingInt(LocalTask::partition);

    public LocalTask {
        topics = List.copyOf(topics);
    }

    /** The tasks of threads, in order. */
    static List<LocalTask> of(Collection<ThreadMetadata> threads) {
        return threads.stream()
                .flatMap(thread -> Stream.concat(
                        thread.activeTasks().stream().map(task -> of(task, true)),
                        thread.standbyTasks().stream().map(task -> of(task, false))))
                .sorted(ORDER)
                .toList();
    }

    private static LocalTask of(TaskMetadata task, boolean isActive) {
        return new LocalTask(
                task.taskId().subtopology(),
                task.taskId().partition(),
                isActive,
                task.topicPartitions().stream()
                        .map(TopicPartition::topic)
                        .sorted()
                        .toList());
    }
}
