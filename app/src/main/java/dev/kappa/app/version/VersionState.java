package dev.kappa.app.version;

/** The state of a version on an instance. Reports of instances carry the names. */
public enum VersionState {
    /** About to be started. */
    STARTING,
    /** Joining the group, moving tasks or restoring their state. */
    REBALANCING,
    RUNNING,
    /** Could not be started, or failed again and again while it ran. */
    FAILED,
    /** Its place in its inputs is lost; it is not run until an operator says where it continues. */
    POSITION_LOST,
    /** This build's definition makes another version; left to instances that match. */
    NEEDS_REPLAY,
    /** Being stopped, or stopped. */
    STOPPED
}
