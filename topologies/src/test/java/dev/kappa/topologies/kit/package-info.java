/**
 * A kit for testing view definitions, also in projects of their own: say in a {@link dev.kappa.topologies.kit.ViewSpec}
 * what events look like and, by plain loops over all of them, what the view must make of them; then extend {@link
 * dev.kappa.topologies.kit.ViewProperties}.
 */
@NullMarked
package dev.kappa.topologies.kit;

import org.jspecify.annotations.NullMarked;
