/**
 * Reports of instances, through a topic. Read {@link dev.kappa.reprocessing.fleet.Fleet} first; {@link
 * dev.kappa.reprocessing.fleet.Reporter} writes them.
 *
 * <p>What enters and leaves are reports. Nothing that must be right depends on them: the catalog decides.
 */
@NullMarked
package dev.kappa.reprocessing.fleet;

import org.jspecify.annotations.NullMarked;
