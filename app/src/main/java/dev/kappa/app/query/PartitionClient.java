package dev.kappa.app.query;

import java.io.IOException;

/** Sends requests to other instances. Blocks the calling thread. Thread-safe. */
@FunctionalInterface
public interface PartitionClient {

    /**
     * The answer of an instance; all partitions are missing in it when the instance refuses.
     *
     * @param instance as {@code host:port}
     * @throws IOException when the instance does not answer
     */
    PartialResult read(String instance, PartitionRequest request) throws IOException;
}
