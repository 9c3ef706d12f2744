/**
 * An instance from its start to its end. Read {@link dev.kappa.app.instance.InstanceLifecycle} first, then {@link
 * dev.kappa.app.instance.InstanceAssembly}.
 *
 * <p>What enters are the settings and the definitions of this build; what leaves is a {@link
 * dev.kappa.app.instance.RunningInstance}, which HTTP answers from, and in the end the reason why the instance ended.
 */
@NullMarked
package dev.kappa.app.instance;

import org.jspecify.annotations.NullMarked;
