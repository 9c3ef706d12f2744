/** Faults on a cluster of three brokers, three instances and a registry, under events, reads and operations. */
@NullMarked
package dev.kappa.localdev.faults;

import org.jspecify.annotations.NullMarked;
