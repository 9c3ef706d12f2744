package dev.kappa.app.query;

import java.io.IOException;

/** Sends requests to other instances. Blocks the calling thread. Thread-safe. */
@FunctionalInterface
public interface PartitionClient {

    /** An instance has been reached, and has not answered in time. */
    final class AnswerTimeoutException extends IOException {

        private static final long serialVersionUID = 1L;

        public AnswerTimeoutException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /**
     * The answer of an instance; all partitions are missing in it when the instance refuses.
     *
     * @param instance as {@code host:port}
     * @throws IOException when the instance does not answer
     */
    PartialResult read(String instance, PartitionRequest request) throws IOException;
}
