/**
 * The service that runs view versions and answers queries over HTTP.
 *
 * <p>{@link dev.kappa.app.RunCommand} starts it. {@code config} reads the settings, {@code topics} creates topics, {@code alignment}
 * keeps input partitions together, {@code version} runs versions on Kafka Streams, {@code query} reads their stores wherever they are,
 * {@code instance} puts these together, {@code security} authenticates callers, and {@code http} adapts requests. The arrows between
 * them are in {@code ArchitectureTest}. Read {@link dev.kappa.app.instance.InstanceLifecycle} first.
 */
@NullMarked
package dev.kappa.app;

import org.jspecify.annotations.NullMarked;
