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
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says whether this build can be deployed without any view needing a replay. */
@Command(
        name = "check",
        description = "Does this build make every active version? Exit code 1 and what is different if not. To be asked"
                + " before a deploy.",
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class CheckCommand implements Subcommand {

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        try (Session session = Session.open(spec)) {
            Optional<Catalog> catalog = session.replays().findCatalog();
            if (catalog.isEmpty()) {
                if (!session.isJson()) {
                    session.say("There is no catalog on this cluster yet; the first instance makes it.");
                } else {
                    session.say("{\"views\":[]}");
                }
                return ExitCode.DONE;
            }
            return check(session, catalog.get(), Definitions.discover());
        }
    }

    private static int check(Session session, Catalog catalog, Definitions definitions) {
        boolean fits = true;
        boolean leftAlone = false;
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode views = json.putArray("views");
        for (String view : catalog.views()) {
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
        return fits ? ExitCode.DONE : ExitCode.REFUSED;
    }
}
