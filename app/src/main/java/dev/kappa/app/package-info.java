/**
 * The service that runs view versions and answers queries over HTTP.
 *
 * <p>{@link dev.kappa.app.RunCommand} starts it. {@code config} reads the settings, {@code runtime} runs the versions on
 * Kafka Streams, {@code query} reads their stores, {@code http} puts that on the wire. Read {@link
 * dev.kappa.app.instance.InstanceLifecycle} first: it says what happens in which order.
 */
@NullMarked
package dev.kappa.app;

import org.jspecify.annotations.NullMarked;
