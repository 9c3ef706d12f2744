package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.replay.ReplayJson;
import java.util.List;
import picocli.CommandLine.Command;

/** Shows the audit trail of a view. */
@Command(name = "history", description = "Shows who did what to VIEW, and when.", mixinStandardHelpOptions = true)
final class ReplayHistory extends ReplayOperation {

    @Override
    int run(Session session) {
        Catalog catalog = session.replays().catalog();
        List<CatalogChange> changes = catalog.changes(view, 0);
        if (changes.isEmpty() && !catalog.views().contains(view)) {
            throw CommandException.refused("There is no view " + view + "; there are " + catalog.views());
        }
        if (session.isStructured()) {
            ArrayNode list = JsonNodeFactory.instance.arrayNode();
            changes.forEach(change -> list.add(ReplayJson.change(change)));
            session.print(list);
            return ExitCode.DONE;
        }
        var table = new TextTable("EPOCH", "AT", "BY", "COMMAND", "CHANGE");
        changes.forEach(change -> table.row(
                String.valueOf(change.epoch()),
                change.at().toString(),
                change.by().toString(),
                change.command(),
                change.summary()));
        table.print(session.out());
        catalog.breaks().forEach(text -> session.say("The audit trail is broken: " + text + "."));
        return ExitCode.DONE;
    }
}
