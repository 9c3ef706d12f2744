package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.reprocessing.cluster.VersionId;
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
        VersionOperations.TakeDownPlan plan =
                session.operations().retire(given(number).orElseThrow(), deleteOutput);
        int done = carryOut(session, plan, false, dryRun);
        if (!deleteOutput && !session.isStructured()) {
            session.say("Its output topic is kept.");
        }
        return done;
    }

    /** Shows what taking down a version deletes, asks for confirmation, and does it. */
    static int carryOut(Session session, VersionOperations.TakeDownPlan plan, boolean abort, boolean dryRun) {
        JsonNode removal = plan.removal();
        var id = new VersionId(
                removal.path("view").asText(), removal.path("version").asInt());
        if (session.isStructured()) {
            session.printOne(removal);
        } else {
            session.say("Deletes of " + id + ":");
            session.say("  its local state on every instance");
            session.say("  consumer group " + removal.path("group").asText());
            texts(removal.path("topics")).forEach(topic -> session.say("  topic " + topic));
            texts(removal.path("subjects")).forEach(subject -> session.say("  subject " + subject));
        }
        if (dryRun) {
            return ExitCode.DONE;
        }
        session.confirm(id.toString());
        plan.carryOut();
        if (!session.isStructured()) {
            session.say(id + " is " + (abort ? "aborted." : "retired."));
        }
        return ExitCode.DONE;
    }
}
