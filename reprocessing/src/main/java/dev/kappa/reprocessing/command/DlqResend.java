package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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

    @Option(
            names = "--all",
            description =
                    "All letters that have not been resent, except those of tables and of versions that no longer run."
                            + " A letter whose record no longer exists is named and left out.")
    boolean all;

    @Override
    int run(Session session) {
        if (letters.isEmpty() != all) {
            throw CommandException.usage(
                    "Name the letters to resend, or give --all for all that have not been resent.");
        }
        JsonNode result = session.operations().resend(view, letters);
        JsonNode lost = result.path("lost");
        if (session.isStructured()) {
            session.print(
                    JsonNodeFactory.instance.objectNode().put("view", view).setAll((ObjectNode) result));
        } else {
            List<String> sent = texts(result.path("sent"));
            int before = result.path("sentBefore").asInt();
            sent.forEach(letter -> session.narrate("Sent letter " + letter + " again"));
            lost.forEach(letter -> session.say(letter.path("reason").asText()));
            session.say("Sent " + sent.size() + " of " + (sent.size() + before + lost.size()) + " again."
                    + (before == 0 ? "" : " " + before + " had been resent before and were skipped.")
                    + (lost.isEmpty() ? "" : " " + lost.size() + " cannot be resent; kappa dlq purge deletes letters.")
                    + (sent.isEmpty() ? "" : " Records that fail again become new letters."));
        }
        return all || lost.isEmpty() ? ExitCode.DONE : ExitCode.REFUSED;
    }
}
