package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auto.service.AutoService;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.MatchedVersion;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.inputs.Findings;
import dev.kappa.reprocessing.inputs.InputSample;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says whether this build can be deployed without any view needing a replay. */
@Command(
        name = "check",
        description =
                "Checks that this build can run every active version. Exits with 1 and names the differences if it"
                        + " cannot. Run it before a deployment.",
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class CheckCommand implements Subcommand {

    @Option(
            names = "--orphans-only",
            description = "Fail only if instances of this build would not run an active version.")
    boolean orphansOnly;

    @Option(names = "--include", split = ",", paramLabel = "VIEW", description = "The only views to check.")
    Set<String> include = Set.of();

    @Option(names = "--exclude", split = ",", paramLabel = "VIEW", description = "Views not to check.")
    Set<String> exclude = Set.of();

    @Option(names = "--no-inputs", description = "Do not check the newest records of the inputs.")
    boolean noInputs;

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        try (Session session = Session.open(spec)) {
            Definitions definitions = Definitions.discover();
            Optional<Catalog> catalog = session.replays().findCatalog();
            requireKnown(definitions, catalog.orElse(Catalog.EMPTY));
            if (catalog.isEmpty()) {
                ObjectNode json = JsonNodeFactory.instance.objectNode();
                json.putArray("views");
                if (!session.isStructured()) {
                    session.say("There is no catalog on this cluster yet; the first instance creates it.");
                }
                checkInputs(session, Catalog.EMPTY, definitions, json);
                if (session.isStructured()) {
                    session.print(json);
                }
                return ExitCode.DONE;
            }
            return check(session, catalog.get(), definitions);
        }
    }

    private void requireKnown(Definitions definitions, Catalog catalog) {
        Stream.concat(include.stream(), exclude.stream())
                .filter(view ->
                        definitions.find(view).isEmpty() && !catalog.views().contains(view))
                .findFirst()
                .ifPresent(view -> {
                    throw CommandException.usage("There is no view " + view + ", neither here nor in the catalog");
                });
    }

    private boolean isAsked(String view) {
        return (include.isEmpty() || include.contains(view)) && !exclude.contains(view);
    }

    private int check(Session session, Catalog catalog, Definitions definitions) {
        boolean fits = true;
        boolean leftAlone = false;
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode views = json.putArray("views");
        for (String view : catalog.views().stream().filter(this::isAsked).toList()) {
            Optional<ViewVersion> active = catalog.active(view);
            String unreadable = catalog.unreadable().get(view);
            List<String> differences = active.map(definitions::differences).orElse(List.of());
            String state = unreadable != null ? "UNREADABLE" : differences.isEmpty() ? "OK" : "NEEDS_REPLAY";
            fits &= state.equals("OK");
            boolean isRun = active.flatMap(definitions::match).isPresent();
            leftAlone |= unreadable != null || !isRun;
            ObjectNode entry = views.addObject()
                    .put("view", view)
                    .put("version", active.map(version -> version.id().number()).orElse(null))
                    .put("state", state);
            ArrayNode lines = entry.putArray("differences");
            differences.forEach(lines::add);
            if (!session.isStructured()) {
                session.say(active.map(version -> version.id().toString()).orElse(view) + ": " + state);
                differences.forEach(line -> session.say("  " + line));
                if (!differences.isEmpty() && isRun) {
                    session.say("  Instances of this build still run it; the differences take effect with a replay.");
                }
                if (unreadable != null) {
                    session.say("  " + unreadable);
                }
            }
        }
        checkInputs(session, catalog, definitions, json);
        if (session.isStructured()) {
            session.print(json);
        } else if (leftAlone) {
            session.say("Instances of this build do not run all active versions above. Keep instances of the old build"
                    + " until kappa replay start has created new versions and readers have been switched to them.");
        }
        return (orphansOnly ? !leftAlone : fits) ? ExitCode.DONE : ExitCode.REFUSED;
    }

    /** Says how the newest records of the inputs fit the views; that decides nothing, since the next ones may be others. */
    private void checkInputs(Session session, Catalog catalog, Definitions definitions, ObjectNode json) {
        if (noInputs || orphansOnly) {
            return;
        }
        var samples = new InputSample(session.kafka(), session.registry());
        ArrayNode inputs = json.putArray("inputs");
        for (ViewDefinition definition : definitions.all()) {
            if (!isAsked(definition.name())) {
                continue;
            }
            ParameterValues parameters = catalog.active(definition.name())
                    .flatMap(definitions::match)
                    .map(MatchedVersion::parameters)
                    .orElseGet(() -> ParameterValues.of(definition, Map.of()));
            for (Input<?> input : definition.inputs()) {
                Findings findings;
                try {
                    findings = samples.look(parameters.input(input), definition.name());
                } catch (KafkaException e) {
                    // Whether the build fits does not depend on it.
                    spec.commandLine()
                            .getErr()
                            .println("Input " + input.topic() + " of " + definition.name() + " cannot be checked: "
                                    + e.getMessage());
                    continue;
                }
                ObjectNode entry = inputs.addObject()
                        .put("view", definition.name())
                        .put("topic", findings.topic())
                        .put("sampled", findings.sampled());
                ObjectNode problems = entry.putObject("problems");
                findings.problems().forEach((problem, count) -> problems.put(problem.name(), count));
                ArrayNode lines = entry.putArray("findings");
                findings.lines().forEach(lines::add);
                if (!session.isStructured() && findings.sampled() > 0) {
                    session.say(definition.name() + ", input " + findings.topic() + ": " + findings.sampled()
                            + " newest records checked, " + (findings.isFine() ? "all fit" : "not all fit"));
                    findings.lines().forEach(line -> session.say("  " + line));
                }
            }
        }
    }
}
