/**
 * The HTTP interface: views, queries, health, metrics and errors.
 *
 * <p>Controllers take parameters apart ({@link dev.kappa.app.http.QueryParameters}), ask a {@code FleetReader} and
 * shape the answer ({@link dev.kappa.app.http.QueryResultJson}). Every error is a {@link dev.kappa.app.http.ProblemException}, written as
 * RFC 9457 {@code application/problem+json}.
 */
@NullMarked
package dev.kappa.app.http;

import org.jspecify.annotations.NullMarked;
