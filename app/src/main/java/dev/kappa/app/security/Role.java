package dev.kappa.app.security;

/** The permissions of a caller; each role includes those before it. */
public enum Role {
    /** Ask. */
    READER,
    /** Start replays, switch, roll back, give replays up, throttle. */
    OPERATOR,
    /** Retire versions, whose results are then gone. */
    ADMIN
}
