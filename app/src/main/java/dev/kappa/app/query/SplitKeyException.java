package dev.kappa.app.query;

/**
 * A key has results on several partitions, each of a part of its events: none of them is the answer. It happens where producers
 * of an input choose partitions differently.
 */
public final class SplitKeyException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    SplitKeyException() {
        super("The key has results on several partitions");
    }
}
