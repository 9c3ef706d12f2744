/** Costs of single operations, measured by JMH. */
@NullMarked
package dev.kappa.benchmarks.micro;

import org.jspecify.annotations.NullMarked;
