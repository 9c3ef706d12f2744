package dev.kappa.reprocessing;

/** Where a version is in its life. */
public enum Phase {
    /** Readers get its results. */
    ACTIVE
}
