package dev.kappa.app.security;

import java.util.Optional;

/** Tells who a bearer token belongs to. Thread-safe. */
@FunctionalInterface
interface Authenticator {
    /** The caller of a token; empty when the token is not valid. */
    Optional<Caller> authenticate(String token);
}
