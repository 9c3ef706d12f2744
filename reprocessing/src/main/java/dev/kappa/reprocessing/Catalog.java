package dev.kappa.reprocessing;

import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which versions of which views exist, as of an epoch. An immutable snapshot.
 *
 * @param epoch grows with every change
 * @param versions all versions, by view and number
 */
public record Catalog(long epoch, List<ViewVersion> versions) {

    public Catalog {
        versions = List.copyOf(versions);
    }

    /**
     * The catalog of a new installation: version 1 of every view, active.
     *
     * @param definitions the views
     * @param settings parameters that are not at their defaults, as text, by view and parameter name
     * @throws IllegalArgumentException when a setting is for a view or parameter that does not exist, or not allowed
     */
    public static Catalog ofFirstVersions(List<ViewDefinition> definitions, Map<String, Map<String, String>> settings) {
        for (String view : settings.keySet()) {
            if (definitions.stream().noneMatch(definition -> definition.name().equals(view))) {
                throw new IllegalArgumentException(
                        "Parameters are set for view " + view + ", which does not exist; there are "
                                + definitions.stream().map(ViewDefinition::name).toList());
            }
        }
        var versions = new ArrayList<ViewVersion>();
        for (ViewDefinition definition : definitions) {
            Map<String, String> ofView = settings.getOrDefault(definition.name(), Map.of());
            versions.add(new ViewVersion(
                    new VersionId(definition.name(), 1),
                    Phase.ACTIVE,
                    definition,
                    ParameterValues.of(definition, ofView)));
        }
        return new Catalog(1, versions);
    }

    /** The names of all views, in order. */
    public List<String> views() {
        return versions.stream()
                .map(version -> version.id().view())
                .distinct()
                .sorted()
                .toList();
    }

    /** The version of a view that readers get. */
    public Optional<ViewVersion> active(String view) {
        return versions.stream()
                .filter(version -> version.id().view().equals(view) && version.phase() == Phase.ACTIVE)
                .findFirst();
    }
}
