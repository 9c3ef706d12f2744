package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.Schemas;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.avro.Schema;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Registers the schemas that this build's versions need. */
@Command(
        name = "register",
        description = {
            "Registers the schemas that this build's versions write with, and those of the next version of each view that"
                    + " kappa replay start would create.",
            "Needed where auto.register.schemas=false; otherwise instances register their schemas."
        },
        mixinStandardHelpOptions = true)
final class SchemasRegister implements Callable<Integer> {

    @Parameters(arity = "0..*", paramLabel = "VIEW", description = "Views to register schemas for (default: all).")
    List<String> views = List.of();

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "Parameter of the next version, as for kappa replay start; needs exactly one VIEW.")
    Map<String, String> settings = new LinkedHashMap<>();

    @Option(names = "--dry-run", description = "List what is missing, and register nothing.")
    boolean dryRun;

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        if (!settings.isEmpty() && views.size() != 1) {
            throw CommandException.usage("--set needs exactly one VIEW.");
        }
        try (Session session = Session.open(spec)) {
            SortedMap<String, Schema> missing = Schemas.missing(session.registry(), needed(session));
            if (!dryRun) {
                missing.forEach(session.registry()::register);
            }
            if (session.isStructured()) {
                ArrayNode subjects = JsonNodeFactory.instance.arrayNode();
                missing.keySet().forEach(subjects::add);
                session.print(subjects);
            } else if (missing.isEmpty()) {
                session.say("All schemas are registered.");
            } else {
                missing.forEach((subject, schema) ->
                        session.say((dryRun ? "missing " : "registered ") + subject + " " + schema.getFullName()));
            }
            return dryRun && !missing.isEmpty() ? ExitCode.REFUSED : ExitCode.DONE;
        }
    }

    private SortedMap<String, Schema> needed(Session session) {
        Definitions definitions = Definitions.discover(!views.isEmpty() || session.runsSamples());
        Catalog catalog = session.replays().findCatalog().orElse(Catalog.EMPTY);
        var needed = new TreeMap<>(Schemas.shared(session.names()));
        for (ViewDefinition definition : views.isEmpty()
                ? definitions.all()
                : views.stream().map(definitions::get).toList()) {
            String view = definition.name();
            catalog.versions(view).stream()
                    .filter(version -> version.phase().isRun())
                    .flatMap(version -> definitions.match(version).stream())
                    .forEach(version -> needed.putAll(Schemas.of(
                            version.version().id(), version.definition(), version.parameters(), session.names())));
            var next = new LinkedHashMap<>(catalog.active(view)
                    .map(active -> active.blueprint().given())
                    .orElse(Map.of()));
            next.putAll(settings);
            needed.putAll(Schemas.of(
                    new VersionId(view, catalog.nextNumber(view)),
                    definition,
                    ParameterValues.of(definition, next),
                    session.names()));
        }
        return needed;
    }
}
