/** The benchmark's job by Apache Spark Structured Streaming. */
@NullMarked
package dev.kappa.benchmarks.spark;

import org.jspecify.annotations.NullMarked;
