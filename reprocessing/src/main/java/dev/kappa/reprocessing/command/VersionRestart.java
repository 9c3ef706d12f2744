package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.kappa.reprocessing.cluster.VersionId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts a version again where it has failed. */
@Command(
        name = "restart",
        description =
                "Restarts a version of VIEW on the instances where it has FAILED. Instances that run it are not affected.",
        mixinStandardHelpOptions = true)
final class VersionRestart extends ReplayOperation {

    @Option(
            names = "--version",
            paramLabel = "N",
            description = "Version (default: the replay under way, else the active version).")
    @Nullable
    Integer number;

    @Override
    int run(Session session) {
        VersionId id = session.operations().restart(view, given(number));
        if (session.isStructured()) {
            session.print(
                    JsonNodeFactory.instance.objectNode().put("view", view).put("version", id.number()));
        } else {
            session.say(id + " is restarted where it has failed; kappa replay status " + view + " shows it.");
        }
        return ExitCode.DONE;
    }
}
