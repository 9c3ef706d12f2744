/** Makes parts of a release. Start with {@link dev.kappa.localdev.release.BillOfMaterials}. */
@NullMarked
package dev.kappa.localdev.release;

import org.jspecify.annotations.NullMarked;
