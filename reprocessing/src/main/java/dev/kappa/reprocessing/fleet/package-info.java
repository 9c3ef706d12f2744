/**
 * What instances say of themselves, through a topic: {@link dev.kappa.reprocessing.fleet.Reporter} writes, {@link
 * dev.kappa.reprocessing.fleet.Fleet} reads. Nothing is decided by it that must be right: the catalog decides.
 */
@NullMarked
package dev.kappa.reprocessing.fleet;

import org.jspecify.annotations.NullMarked;
