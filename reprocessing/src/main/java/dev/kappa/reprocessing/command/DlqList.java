package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.kappa.reprocessing.deadletters.DeadLetter;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Lists dead letters. */
@Command(name = "list", description = "Lists the dead letters of VIEW, oldest first.", mixinStandardHelpOptions = true)
final class DlqList extends ReplayOperation {

    private static final int WIDEST_MESSAGE = 80;

    @Option(
            names = "--limit",
            paramLabel = "N",
            description = "Show only the N newest letters (default: ${DEFAULT-VALUE}).")
    int limit = 100;

    @Option(names = "--pending", description = "Only letters that have not been resent.")
    boolean pending;

    @Override
    int run(Session session) {
        if (limit < 1) {
            throw CommandException.usage("--limit must be at least 1; got " + limit);
        }
        List<DeadLetter> all = session.deadLetters(view).letters().stream()
                .filter(letter -> !pending || letter.replayedAt().isEmpty())
                .toList();
        List<DeadLetter> shown = all.subList(Math.max(0, all.size() - limit), all.size());
        if (session.isStructured()) {
            ArrayNode list = JsonNodeFactory.instance.arrayNode();
            shown.forEach(letter -> list.add(DlqShow.json(letter)));
            session.print(list);
            return ExitCode.DONE;
        }
        var table = new TextTable("LETTER", "ORIGIN", "WRITTEN", "VERSION", "SENT AGAIN", "ERROR");
        shown.forEach(letter -> table.row(
                letter.id().toString(),
                letter.originText(),
                letter.timestamp().toString(),
                letter.version().toString(),
                letter.replayedAt().map(Instant::toString).orElse("-"),
                error(letter, session.isWide())));
        table.print(session.out());
        session.say(
                shown.size() < all.size()
                        ? "The newest " + shown.size() + " of " + all.size() + "; --limit shows more."
                        : all.size() + (all.size() == 1 ? " letter" : " letters"));
        return ExitCode.DONE;
    }

    private static String error(DeadLetter letter, boolean isWide) {
        String type = letter.errorClass().substring(letter.errorClass().lastIndexOf('.') + 1);
        String text = type + ": " + letter.errorMessage().replaceAll("\\s+", " ");
        return isWide || text.length() <= WIDEST_MESSAGE ? text : text.substring(0, WIDEST_MESSAGE - 1) + "…";
    }
}
