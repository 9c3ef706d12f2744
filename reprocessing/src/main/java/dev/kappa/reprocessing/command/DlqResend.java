package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.deadletters.DeadLetter;
import dev.kappa.topologies.ViewTopology;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Sends dead letters through the view again. */
@Command(
        name = "resend",
        description = "Sends dead letters through VIEW again, each at most once. Fix the cause of the failure first.",
        mixinStandardHelpOptions = true)
final class DlqResend extends ReplayOperation {

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "LETTER",
            description = "Letters, PARTITION:OFFSET as listed.")
    List<String> letters = new ArrayList<>();

    private static boolean isRun(Catalog catalog, DeadLetter letter) {
        return catalog.versions(letter.version().view()).stream()
                .anyMatch(version ->
                        version.id().equals(letter.version()) && version.phase().isRun());
    }

    /**
     * Whether a letter's record belongs to a table. Written again, it would come after newer values of its key, and compaction would
     * remove the original.
     */
    static boolean isOfTable(Catalog catalog, ClusterNames names, DeadLetter letter) {
        String topic = letter.origin().topic();
        return catalog.version(letter.version()).stream()
                .flatMap(version -> version.blueprint().inputs().stream())
                .filter(Blueprint.InputTopic::table)
                .map(Blueprint.InputTopic::topic)
                .anyMatch(table -> topic.equals(table)
                        || topic.equals(names.internalTopic(letter.version(), ViewTopology.rekeyedTopic(table))));
    }

    @Option(names = "--all", description = "All letters that have not been resent, except those of tables.")
    boolean all;

    @Override
    int run(Session session) {
        if (letters.isEmpty() != all) {
            throw CommandException.usage(
                    "Name the letters to resend, or give --all for all that have not been resent.");
        }
        List<DeadLetter.Id> ids = letters.stream().map(DlqShow::id).toList();
        var box = session.deadLetters(view);
        List<DeadLetter> known = box.letters();
        Catalog catalog = session.replays().catalog();
        ClusterNames names = session.replays().names();
        List<DeadLetter> chosen = known.stream()
                .filter(letter ->
                        all ? isRun(catalog, letter) && !isOfTable(catalog, names, letter) : ids.contains(letter.id()))
                .toList();
        chosen.stream()
                .filter(letter -> isOfTable(catalog, names, letter))
                .findFirst()
                .ifPresent(letter -> {
                    throw CommandException.refused("Letter " + letter.id() + " came from "
                            + letter.origin().topic()
                            + ", which is read as a table. If resent, it would replace newer values of its key. Write the value that"
                            + " the table should have instead. Nothing was sent.");
                });
        chosen.stream().filter(letter -> !isRun(catalog, letter)).findFirst().ifPresent(letter -> {
            throw CommandException.refused("Letter " + letter.id() + " failed in " + letter.version()
                    + ", which no longer runs. A running version reads the record itself or has its own letter."
                    + " Nothing was sent.");
        });
        for (DeadLetter.Id id : ids) {
            if (chosen.stream().noneMatch(letter -> letter.id().equals(id))) {
                throw CommandException.refused("View " + view + " has no dead letter " + id + "; kappa dlq list " + view
                        + " shows them. Nothing was sent.");
            }
        }
        List<DeadLetter> sent = box.replay(chosen);
        int before = chosen.size() - sent.size();
        if (session.isStructured()) {
            ObjectNode json = JsonNodeFactory.instance.objectNode().put("view", view);
            ArrayNode list = json.putArray("sent");
            sent.forEach(letter -> list.add(letter.id().toString()));
            session.print(json.put("sentBefore", before));
        } else {
            sent.forEach(
                    letter -> session.narrate("Sent " + letter.originText() + " again (letter " + letter.id() + ")"));
            session.say("Sent " + sent.size() + " of " + chosen.size() + " again."
                    + (before == 0 ? "" : " " + before + " had been resent before and were skipped.")
                    + (sent.isEmpty() ? "" : " Records that fail again become new letters."));
        }
        return ExitCode.DONE;
    }
}
