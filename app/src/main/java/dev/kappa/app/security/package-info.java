/**
 * Authenticates the caller of a request and decides what the caller may do. Read {@link dev.kappa.app.security.CallerAuthenticator} first.
 *
 * <p>What enters is a token, a certificate or a signature; what leaves is a {@link dev.kappa.app.security.Caller} with roles.
 */
@NullMarked
package dev.kappa.app.security;

import org.jspecify.annotations.NullMarked;
