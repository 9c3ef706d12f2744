@NullMarked
package dev.kappa.benchmarks;

import org.jspecify.annotations.NullMarked;
