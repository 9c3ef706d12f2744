package dev.kappa.reprocessing;

import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;

/**
 * One run of a view's definition with fixed parameters.
 *
 * @param id its name and number
 * @param phase where it is in its life
 * @param definition the code
 * @param parameters the values it was created with
 */
public record ViewVersion(VersionId id, Phase phase, ViewDefinition definition, ParameterValues parameters) {}
