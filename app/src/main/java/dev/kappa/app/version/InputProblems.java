package dev.kappa.app.version;

import dev.kappa.reprocessing.catalog.ViewVersion.FoundProblem;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.input.InputProblem;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The problems that this instance has found in the inputs of one version. Each problem of an input is said once in the log;
 * records that show it are counted. Thread-safe.
 */
final class InputProblems {

    private static final Logger log = LoggerFactory.getLogger(InputProblems.class);

    /** Events dated ahead of the log that are many, when they are half of all as well. */
    private static final int MANY_AHEAD = 100;

    private record Kind(String topic, InputProblem problem) {}

    private final VersionId version;
    private final Map<Kind, LongAdder> counts = new ConcurrentHashMap<>();
    private final Map<Kind, FoundProblem> found = new ConcurrentHashMap<>();

    InputProblems(VersionId version) {
        this.version = version;
    }

    /**
     * Takes note of a record.
     *
     * @param records tells how many records of a topic have been processed
     */
    void found(String topic, InputProblem problem, String example, ToLongFunction<String> records) {
        var kind = new Kind(topic, problem);
        LongAdder count = counts.computeIfAbsent(kind, _ -> new LongAdder());
        count.increment();
        if (found.containsKey(kind)) {
            return;
        }
        if (problem == InputProblem.AHEAD_OF_LOG) {
            long ahead = count.sum();
            if (ahead < MANY_AHEAD || 2 * ahead < records.applyAsLong(topic)) {
                return;
            }
        }
        if (found.putIfAbsent(kind, new FoundProblem(topic, problem, example)) == null) {
            log.warn(
                    "Input has a problem: view={} version={} topic={} problem=\"{}\" first=\"{}\" remedy=\"{}\"",
                    version.view(),
                    version.number(),
                    topic,
                    problem.text(),
                    example,
                    problem.remedy(version.view(), topic));
        }
    }

    /** The problems found since this instance started. */
    List<FoundProblem> all() {
        return List.copyOf(found.values());
    }

    /** Records that show a problem, since this instance started. */
    long count(String topic, InputProblem problem) {
        return Optional.ofNullable(counts.get(new Kind(topic, problem)))
                .map(LongAdder::sum)
                .orElse(0L);
    }
}
