package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auto.service.AutoService;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.ViewVersion;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says whether this build can be deployed without any view needing a replay. */
@Command(
        name = "check",
        description = "Does this build make every active version? Exit code 1 and what is different if not. To be asked"
                + " before a deploy.",
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class CheckCommand implements Subcommand {

    @Option(
            names = "--orphans-only",
            description = "Exit code 1 only for an active version that instances of this build would leave alone.")
    boolean orphansOnly;

    @Option(names = "--include", split = ",", paramLabel = "VIEW", description = "The only views to check.")
    Set<String> include = Set.of();

    @Option(names = "--exclude", split = ",", paramLabel = "VIEW", description = "Views not to check.")
    Set<String> exclude = Set.of();

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        try (Session session = Session.open(spec)) {
            Definitions definitions = Definitions.discover();
            Optional<Catalog> catalog = session.replays().findCatalog();
            requireKnown(definitions, catalog.orElse(Catalog.EMPTY));
            if (catalog.isEmpty()) {
                if (!session.isJson()) {
                    session.say("There is no catalog on this cluster yet; the first instance makes it.");
                } else {
                    session.say("{\"views\":[]}");
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
            if (!session.isJson()) {
                session.say(active.map(version -> version.id().toString()).orElse(view) + ": " + state);
                differences.forEach(line -> session.say("  " + line));
                if (!differences.isEmpty() && isRun) {
                    session.say("  Instances of this build run it all the same; what is different takes a replay.");
                }
                if (unreadable != null) {
                    session.say("  " + unreadable);
                }
            }
        }
        if (session.isJson()) {
            session.say(json.toPrettyString());
        } else if (leftAlone) {
            session.say("Instances of this build leave active versions above alone. Keep instances of the old build"
                    + " until kappa replay start has made new versions and readers have been switched to them.");
        }
        return (orphansOnly ? !leftAlone : fits) ? ExitCode.DONE : ExitCode.REFUSED;
    }
}
