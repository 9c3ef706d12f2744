/**
 * Everything on one machine: {@link dev.kappa.localdev.UpCommand} starts a Kafka broker, a schema registry and the app as
 * child processes and feeds sample events; {@link dev.kappa.localdev.load.LoadCommand} loads files into topics.
 */
@NullMarked
package dev.kappa.localdev;

import org.jspecify.annotations.NullMarked;
