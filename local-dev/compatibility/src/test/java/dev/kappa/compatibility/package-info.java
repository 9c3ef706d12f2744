/** Runs Kappa on other releases of Kafka. Read {@link dev.kappa.compatibility.OlderBrokerIT} first. */
@NullMarked
package dev.kappa.compatibility;

import org.jspecify.annotations.NullMarked;
