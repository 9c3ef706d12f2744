package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Deletes dead letters. */
@Command(
        name = "purge",
        description = "Deletes dead letters of VIEW, including those that have not been resent.",
        mixinStandardHelpOptions = true)
final class DlqPurge extends ReplayOperation {

    @Option(
            names = "--before",
            paramLabel = "INSTANT",
            description = "Only letters written before, such as 2026-01-01T00:00:00Z (default: all).")
    @Nullable
    Instant before;

    @Override
    int run(Session session) {
        if (!session.isStructured()) {
            session.say(
                    "Deletes the dead letters of " + view + (before == null ? "." : " written before " + before + "."));
        }
        session.confirm(view);
        long deleted = session.deadLetters(view).purge(Optional.ofNullable(before));
        if (session.isStructured()) {
            session.print(
                    JsonNodeFactory.instance.objectNode().put("view", view).put("deleted", deleted));
        } else {
            session.say(deleted == 1 ? "1 record is deleted." : deleted + " records are deleted.");
        }
        return ExitCode.DONE;
    }
}
