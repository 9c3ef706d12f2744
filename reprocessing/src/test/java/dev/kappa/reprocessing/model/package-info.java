/**
 * A model of the life of a view's versions: the catalog, committed offsets, inputs and instances, moved by the decisions that the product
 * makes. {@link dev.kappa.reprocessing.model.LifeCycle} has the states and steps, its test explores them.
 */
@NullMarked
package dev.kappa.reprocessing.model;

import org.jspecify.annotations.NullMarked;
