package dev.kappa.reprocessing.catalog;

import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;

/**
 * A version together with the code that makes exactly it.
 *
 * @param version the version
 * @param definition the code
 * @param parameters the version's values of the definition's parameters
 */
public record MatchedVersion(ViewVersion version, ViewDefinition definition, ParameterValues parameters) {

    /** The version's name and number. */
    public VersionId id() {
        return version.id();
    }
}
