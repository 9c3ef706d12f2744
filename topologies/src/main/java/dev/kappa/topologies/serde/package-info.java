/**
 * Makes serdes for the types of definitions. Read {@link dev.kappa.topologies.serde.Serdes} first.
 *
 * <p>What enters are settings and types; what leaves are configured serdes.
 */
@NullMarked
package dev.kappa.topologies.serde;

import org.jspecify.annotations.NullMarked;
