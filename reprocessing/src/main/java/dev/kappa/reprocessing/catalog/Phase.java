package dev.kappa.reprocessing.catalog;

/** Where a version is in its life. */
public enum Phase {
    /** Its start is decided; its output topic and start positions may not be there yet. */
    PLANNED,
    /** It reads history. */
    REPLAYING,
    /** It has read what there was and keeps up with what comes. */
    CAUGHT_UP,
    /** Readers get its results. */
    ACTIVE,
    /** Was active, is still fed, and can be switched back to. */
    STANDBY,
    /** Was taken down for good after it had been active. */
    RETIRED,
    /** Its results cannot be right. Does not run. */
    FAILED,
    /** A replay that an operator aborted. */
    ABORTED;

    /** Whether instances run a version in this phase. */
    public boolean isRun() {
        return switch (this) {
            case REPLAYING, CAUGHT_UP, ACTIVE, STANDBY -> true;
            case PLANNED, RETIRED, FAILED, ABORTED -> false;
        };
    }

    /** Whether a version in this phase is a replay that has been neither switched to nor aborted. */
    public boolean isUnderWay() {
        return switch (this) {
            case PLANNED, REPLAYING, CAUGHT_UP, FAILED -> true;
            case ACTIVE, STANDBY, RETIRED, ABORTED -> false;
        };
    }

    /** Whether the life of a version in this phase is over, and what it has left on the cluster is to be deleted. */
    public boolean isOver() {
        return this == RETIRED || this == ABORTED;
    }
}
