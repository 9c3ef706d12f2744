package dev.kappa.app.version;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.streams.errors.ProcessorStateException;

/** Finds out which task's state on disk is damaged, by what Kafka Streams says when it does not start on it. */
final class DamagedState {

    private static final Pattern TASK = Pattern.compile("\\d+_\\d+");

    private DamagedState() {}

    /**
     * The directory of the task whose store could not be opened.
     *
     * @param failure of the start
     * @param directory of the version's state, in which each task has one
     * @return empty when the failure is of another kind
     */
    static Optional<Path> taskDirectory(Throwable failure, Path directory) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ProcessorStateException && cause.getMessage() != null) {
                Matcher place = Pattern.compile(Pattern.quote(directory + "/") + "([^/\\s]+)")
                        .matcher(cause.getMessage());
                if (place.find() && TASK.matcher(place.group(1)).matches()) {
                    return Optional.of(directory.resolve(place.group(1)));
                }
            }
        }
        return Optional.empty();
    }
}
