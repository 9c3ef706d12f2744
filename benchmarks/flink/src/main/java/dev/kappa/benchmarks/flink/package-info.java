/** The job of campaign-views for Apache Flink. */
@NullMarked
package dev.kappa.benchmarks.flink;

import org.jspecify.annotations.NullMarked;
