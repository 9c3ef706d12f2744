/**
 * The HTTP interface: views, queries, changes, operations, health, metrics and errors. Read {@code StoresController} first.
 *
 * <p>What enters are requests, whose parameters are declared in {@code HttpParameter}; what leaves is JSON. Controllers read parameters,
 * call one part of a {@code RunningInstance} and shape the answer. Every error is a {@link dev.kappa.app.http.ProblemException}, written
 * as RFC 9457 {@code application/problem+json}.
 */
@NullMarked
package dev.kappa.app.http;

import org.jspecify.annotations.NullMarked;
