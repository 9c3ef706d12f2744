package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Gives readers another version. */
@Command(
        name = "switch",
        aliases = "promote",
        description = {
            "Switches the readers of VIEW to the version that has caught up.",
            "After a rollback: to the version that the rollback left."
        },
        mixinStandardHelpOptions = true)
final class ReplaySwitch extends ReplayOperation {

    @Option(
            names = "--version",
            paramLabel = "N",
            description = "Version to switch to (default: the replay or, after a rollback, the version it left).")
    @Nullable
    Integer number;

    @Option(names = "--force", description = "Switch even if the version has not caught up or no instance runs it.")
    boolean force;

    @Override
    int run(Session session) {
        return print(session, session.operations().switchTo(view, given(number), force));
    }

    /**
     * Prints what a switch has changed.
     *
     * @param switched the answer of a switch or a rollback
     */
    static int print(Session session, JsonNode switched) {
        var now = new VersionId(
                switched.path("view").asText(), switched.path("activeVersion").asInt());
        Optional<VersionId> before = switched.path("before").isNull()
                ? Optional.empty()
                : Optional.of(new VersionId(now.view(), switched.path("before").asInt()));
        if (session.isStructured()) {
            session.printOne(switched);
        } else {
            int instances = switched.path("instances").size();
            session.say("Readers of %s get v%d%s. Epoch %d, seen by %d instance%s within %d ms."
                    .formatted(
                            now.view(),
                            now.number(),
                            before.map(left -> " instead of v" + left.number()).orElse(""),
                            switched.path("epoch").asLong(),
                            instances,
                            instances == 1 ? "" : "s",
                            switched.path("tookMs").asLong()));
        }
        if (!switched.path("unseen").isEmpty()) {
            throw CommandException.refused("The switch is made, but these instances are alive and have not seen it: "
                    + texts(switched.path("unseen"))
                    + ". They answer from the old version until they do; see their logs.");
        }
        if (!session.isStructured()) {
            before.ifPresent(left -> session.say(wayBack(session, left, now)));
        }
        return ExitCode.DONE;
    }

    /** After a rollback the version that was left is the newer one. */
    private static String wayBack(Session session, VersionId left, VersionId now) {
        String command = "kappa replay " + (left.number() < now.number() ? "rollback " : "switch ") + left.view();
        JsonNode progress = session.operations().progress(left);
        boolean isRun = texts(progress.path("instances")).stream().anyMatch(instance -> instance.contains(" RUNNING"));
        if (isRun) {
            return left + " keeps running in STANDBY; " + command + " switches back to it.";
        }
        return left + " is in STANDBY" + (progress.has("instances") ? ", but no instance runs it" : "") + ". " + command
                + " can switch back to it once an instance with its code runs.";
    }
}
