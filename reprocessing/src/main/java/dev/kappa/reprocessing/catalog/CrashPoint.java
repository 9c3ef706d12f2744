package dev.kappa.reprocessing.catalog;

/**
 * The points between the steps of an operation. A process may die at any of them, and the next one must be able to
 * continue. The tests make it so: with the system property {@value #HALT_AT} the process ends there, without any clean-up,
 * as by {@code kill -9}.
 */
public enum CrashPoint {
    CHANGE_SENT,
    CHANGE_COMMITTED,
    PLAN_MADE,
    VERSION_PLANNED,
    OUTPUT_CREATED,
    VERSION_REPLAYING,
    BEFORE_SWITCH,
    SWITCHED,
    TAKEN_DOWN,
    STOPPED_EVERYWHERE,
    GROUP_DELETED,
    TOPICS_DELETED,
    SUBJECTS_DELETED,
    REMOVAL_RECORDED,
    INSTANCE_STARTS_VERSION,
    INSTANCE_BEFORE_LOSS_RECORDED,
    INSTANCE_LOSS_RECORDED,
    INSTANCE_BEFORE_CAUGHT_UP,
    INSTANCE_SEES_CHANGE,
    INSTANCE_STOPS_VERSION,
    INSTANCE_STOPPED_VERSION,
    INSTANCE_DELETED_STATE;

    private static final String HALT_AT = "dev.kappa.halt-at";

    /** Says that the process has come here. */
    public void passed() {
        if (name().equals(System.getProperty(HALT_AT))) {
            Runtime.getRuntime().halt(137);
        }
    }
}
