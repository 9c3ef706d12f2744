/** Who asks, and what they may: {@link dev.kappa.app.security.CallerAuthenticator} tells who, {@link dev.kappa.app.security.Caller} what. */
@NullMarked
package dev.kappa.app.security;

import org.jspecify.annotations.NullMarked;
