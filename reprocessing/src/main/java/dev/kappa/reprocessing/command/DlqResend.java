package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.reprocessing.deadletters.DeadLetter;
import dev.kappa.reprocessing.deadletters.ResendChoice;
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
        var choice =
                new ResendChoice(session.replays().catalog(), session.replays().names(), view);
        List<DeadLetter> chosen = all ? choice.all(known) : choice.of(known, ids);
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
