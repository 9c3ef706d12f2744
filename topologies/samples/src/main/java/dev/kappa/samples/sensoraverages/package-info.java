/** The view {@code sensor-averages}: what each sensor measured over the last hour, every ten minutes. */
@NullMarked
package dev.kappa.samples.sensoraverages;

import org.jspecify.annotations.NullMarked;
