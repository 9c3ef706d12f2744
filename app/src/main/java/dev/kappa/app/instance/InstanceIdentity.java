package dev.kappa.app.instance;

import dev.kappa.app.config.ConfigurationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The identity of this instance: an id kept beside its state, so that an instance that comes back with its state is known again
 * by the consumer group and gets its tasks back at once, and one that lost its state is a new one. Holds the state
 * directory's lock.
 */
final class InstanceIdentity implements AutoCloseable {

    private final String id;
    private final FileChannel channel;

    private InstanceIdentity(String id, FileChannel channel) {
        this.id = id;
        this.channel = channel;
    }

    /**
     * Takes the state directory for this process.
     *
     * @throws ConfigurationException when it cannot be written, or another instance is using it
     */
    static InstanceIdentity take(Path stateDir) {
        try {
            Files.createDirectories(stateDir);
            FileChannel channel = FileChannel.open(
                    stateDir.resolve("instance.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock(channel) == null) {
                channel.close();
                throw new ConfigurationException("The state directory " + stateDir.toAbsolutePath()
                        + " is in use by another instance. Give each its own with --state-dir.");
            }
            Path file = stateDir.resolve("instance-id");
            // A crash or a full disk may have left it empty.
            if (!Files.exists(file) || Files.readString(file).isBlank()) {
                Files.writeString(file, UUID.randomUUID().toString());
            }
            return new InstanceIdentity(Files.readString(file).strip(), channel);
        } catch (IOException e) {
            throw new ConfigurationException("The state directory " + stateDir.toAbsolutePath() + " cannot be used: "
                    + e + ". Choose another with --state-dir.");
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException heldByThisProcess) {
            return null;
        }
    }

    String id() {
        return id;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
