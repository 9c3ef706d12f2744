package dev.kappa.app.version;

import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.VersionId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Local state of versions in the state directory: of each version, the one directory of exactly its application id.
 *
 * @param stateDir of the instance
 */
record LocalState(Path stateDir, ClusterNames names) {

    private Path directory(VersionId id) {
        return stateDir.resolve(names.applicationId(id));
    }

    boolean exists(VersionId id) {
        return Files.exists(directory(id));
    }

    /** Deletes the state of a version that is over. */
    void delete(VersionId id) {
        delete(directory(id));
    }

    /** The directory of the task whose state keeps a version from being started; empty when that is not the reason. */
    Optional<Path> damagedTask(VersionId id, Throwable failure) {
        return DamagedState.taskDirectory(failure, directory(id)).filter(Files::exists);
    }

    /** Deletes a directory with all that is in it. */
    static void delete(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
