package dev.kappa.app.security;

import java.util.Optional;

/** Tells who a bearer token belongs to. Thread-safe. */
@FunctionalInterface
interface Authenticator {
    /** Whose token it is; empty when it is not a valid one. */
    Optional<Caller> authenticate(String token);
}
