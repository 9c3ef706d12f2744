/**
 * Child processes that never outlive their parent: {@link dev.kappa.localdev.process.ChildProcess} starts and stops them,
 * {@link dev.kappa.localdev.process.Supervised} is what runs inside.
 */
@NullMarked
package dev.kappa.localdev.process;

import org.jspecify.annotations.NullMarked;
