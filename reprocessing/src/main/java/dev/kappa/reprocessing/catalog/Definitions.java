package dev.kappa.reprocessing.catalog;

import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.Views;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** The view definitions of this build, and which versions they make. Thread-safe. */
public final class Definitions {

    /** The request that a blueprint was made for. */
    private record Made(String view, Map<String, String> settings) {}

    /** The package of the sample views. */
    private static final String SAMPLES = "dev.kappa.samples.";

    private final Map<String, ViewDefinition> byView;

    /** Sample views that are on the class path and were not asked for. */
    private final Set<String> leftOut;

    /** Building a topology takes its time, and the same few are asked for with every request. */
    private final Map<Made, Blueprint> blueprints = new ConcurrentHashMap<>();

    public Definitions(List<ViewDefinition> definitions) {
        this(definitions, Set.of());
    }

    private Definitions(List<ViewDefinition> definitions, Set<String> leftOut) {
        this.leftOut = Set.copyOf(leftOut);
        var views = new LinkedHashMap<String, ViewDefinition>();
        definitions.forEach(definition -> views.put(definition.name(), definition));
        this.byView = Map.copyOf(views);
    }

    /**
     * Those on the class path, sample views among them.
     *
     * @throws IllegalStateException when one cannot be used
     */
    public static Definitions discover() {
        return discover(true);
    }

    /**
     * Those on the class path.
     *
     * @param samples whether sample views are among them
     * @throws IllegalStateException when one cannot be used
     */
    public static Definitions discover(boolean samples) {
        Map<Boolean, List<ViewDefinition>> found = Views.discover().stream()
                .collect(Collectors.partitioningBy(
                        view -> samples || !view.getClass().getPackageName().startsWith(SAMPLES)));
        return new Definitions(
                found.getOrDefault(true, List.of()),
                found.getOrDefault(false, List.of()).stream()
                        .map(ViewDefinition::name)
                        .collect(Collectors.toSet()));
    }

    /** All definitions, by name of view. */
    public List<ViewDefinition> all() {
        return byView.keySet().stream().sorted().map(byView::get).toList();
    }

    /** The definition of a view, if this build has it. */
    public Optional<ViewDefinition> find(String view) {
        return Optional.ofNullable(byView.get(view));
    }

    /**
     * The definition of a view.
     *
     * @throws RefusedException when this build has none
     */
    public ViewDefinition get(String view) {
        return find(view)
                .orElseThrow(() -> new RefusedException("This build has no definition of view " + view + "; it has "
                        + byView.keySet().stream().sorted().toList()
                        + ". Add the jar with its definition: --views JAR."));
    }

    /** The version with its code, if this build's definition has the version's fingerprint. */
    public Optional<MatchedVersion> match(ViewVersion version) {
        return find(version.id().view()).flatMap(definition -> {
            Map<String, String> values = version.blueprint().values();
            try {
                ParameterValues parameters = ParameterValues.of(definition, values);
                return blueprint(definition, values).fingerprint().equals(version.fingerprint())
                        ? Optional.of(new MatchedVersion(version, definition, parameters))
                        : Optional.empty();
            } catch (IllegalArgumentException | IllegalStateException otherDefinition) {
                // differences says in which way.
                return Optional.empty();
            }
        });
    }

    private Blueprint blueprint(ViewDefinition definition, Map<String, String> settings) {
        return blueprints.computeIfAbsent(
                new Made(definition.name(), Map.copyOf(settings)), made -> Blueprint.of(definition, made.settings()));
    }

    /**
     * The differences if this build's definition made the version anew, a line each: changed code and schemas,
     * and changed defaults of parameters that nobody chose. Empty when nothing would.
     */
    public List<String> differences(ViewVersion version) {
        Optional<ViewDefinition> found = find(version.id().view());
        if (found.isEmpty()) {
            String view = version.id().view();
            return List.of("view " + view
                    + (leftOut.contains(view)
                            ? ": it is a sample view, which instances run with kappa.samples=true (--samples)"
                            : ": this build has no definition of it"));
        }
        ViewDefinition definition = found.get();
        Set<String> known =
                ParameterValues.known(definition).stream().map(Parameter::name).collect(Collectors.toSet());
        var settings = new LinkedHashMap<>(version.blueprint().given());
        settings.keySet().retainAll(known);
        var lines = new ArrayList<String>();
        for (Parameter<?> parameter : ParameterValues.known(definition)) {
            String value = settings.get(parameter.name());
            if (value != null) {
                try {
                    parameter.parse(value);
                } catch (IllegalArgumentException e) {
                    lines.add("parameter " + parameter.name() + ": " + e.getMessage());
                    settings.remove(parameter.name());
                }
            }
        }
        try {
            lines.addAll(version.blueprint().differences(blueprint(definition, settings)));
        } catch (IllegalArgumentException | IllegalStateException e) {
            lines.add("this build's definition cannot be built with the version's parameters: " + e.getMessage());
        }
        return lines;
    }
}
