package dev.kappa.reprocessing.command;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.replay.Removal;
import dev.kappa.reprocessing.replay.ReplayJson;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Takes down a version that was active. */
@Command(
        name = "retire",
        description = "Stops a version of VIEW that is in STANDBY and deletes its resources on the cluster.",
        mixinStandardHelpOptions = true)
final class ReplayRetire extends ReplayOperation {

    @Option(names = "--version", paramLabel = "N", required = true, description = "Version to retire.")
    int number;

    @Option(names = "--delete-output", description = "Delete its output topic and that topic's schemas too.")
    boolean deleteOutput;

    @Option(names = "--dry-run", description = "Print what would be deleted, without deleting it.")
    boolean dryRun;

    @Override
    int run(Session session) {
        return takeDown(session, session.replays().catalog(), given(number).orElseThrow(), false, deleteOutput, dryRun);
    }

    static int takeDown(Session session, Catalog catalog, VersionId id, boolean abort, boolean output, boolean dryRun) {
        Removal removal = session.replays().removal(catalog, id, abort, output);
        if (session.isStructured()) {
            session.printOne(ReplayJson.removal(removal));
        } else {
            session.say("Deletes of " + id + ":");
            session.say("  its local state on every instance");
            session.say("  consumer group " + removal.group());
            removal.topics().forEach(topic -> session.say("  topic " + topic));
            removal.subjects().forEach(subject -> session.say("  subject " + subject));
            if (!output) {
                session.say("and keeps its output topic, "
                        + session.replays().names().outputTopic(id));
            }
        }
        if (dryRun) {
            return ExitCode.DONE;
        }
        session.confirm(id.toString());
        session.replays().takeDown(catalog, removal, abort, session.operator(), session.command(), session::narrate);
        if (!session.isStructured()) {
            session.say(id + " is " + (abort ? "aborted." : "retired."));
        }
        return ExitCode.DONE;
    }
}
