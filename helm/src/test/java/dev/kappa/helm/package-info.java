/** Tests of the chart: what Helm makes of it, for values that people have, is what Kubernetes takes and what we want it to be. */
@NullMarked
package dev.kappa.helm;

import org.jspecify.annotations.NullMarked;
