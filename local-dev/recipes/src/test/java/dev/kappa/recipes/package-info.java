/** Runs the recipes of the documentation. Read {@link dev.kappa.recipes.RecipesIT} first. */
@NullMarked
package dev.kappa.recipes;

import org.jspecify.annotations.NullMarked;
