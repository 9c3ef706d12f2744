package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Plans a replay, says what it will do, and starts it. */
@Command(
        name = "start",
        description = "Replays history into a new version of VIEW while readers keep the active one.",
        mixinStandardHelpOptions = true)
final class ReplayStart extends ReplayOperation {

    @Option(
            names = "--from",
            paramLabel = "FROM",
            defaultValue = "earliest",
            description = "earliest; an instant from which results are to be complete; a duration back from now (PT6H);"
                    + " or a file of offsets, offsets.json (default: ${DEFAULT-VALUE}).")
    String from = "earliest";

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "Parameter value that differs from the active version; may be repeated.")
    Map<String, String> settings = new LinkedHashMap<>();

    @Option(
            names = "--max-rate",
            converter = MaxRate.Converter.class,
            paramLabel = "N|unlimited",
            description = "Maximum records per second over the whole fleet (kappa replay throttle changes it).")
    MaxRate maxRate = new MaxRate(Optional.empty());

    @Option(names = "--dry-run", description = "Print what would be done, without doing it.")
    boolean dryRun;

    @Option(names = "--allow-truncated", description = "Start even if the history does not reach back far enough.")
    boolean allowTruncated;

    @Option(names = "--watch", description = "Watch the replay until it has caught up.")
    boolean watch;

    @Override
    int run(Session session) throws Exception {
        VersionOperations operations = session.operations();
        var start = new VersionOperations.Start(view, from, settings, maxRate.records(), allowTruncated);
        if (dryRun) {
            show(operations.plan(start), session);
            return ExitCode.DONE;
        }
        VersionId version = operations.start(start, plan -> show(plan, session));
        if (watch) {
            return ReplayWatch.watch(session, version);
        }
        if (!session.isStructured()) {
            session.say("The replay continues without this command. Follow it: kappa replay watch " + view);
        }
        return ExitCode.DONE;
    }

    private static void show(JsonNode plan, Session session) {
        if (session.isStructured()) {
            session.printOne(plan);
        } else {
            print(plan, session);
        }
    }

    private static void print(JsonNode plan, Session session) {
        var id = new VersionId(plan.path("view").asText(), plan.path("version").asInt());
        session.say("Replay of " + id.view() + " into " + id + ", from "
                + plan.path("from").asText());
        texts(plan.path("changes")).forEach(change -> session.say("  changes  " + change));
        session.say("  reads    %,d records%s"
                .formatted(
                        plan.path("records").asLong(),
                        plan.path("bytes").isNumber()
                                ? ", about " + megabytes(plan.path("bytes").asLong())
                                : ""));
        if (plan.path("completeFrom").isTextual()) {
            session.say("  complete from " + plan.path("completeFrom").asText() + " on; results before that are not");
        }
        if (plan.path("maxRate").isNumber()) {
            session.say("  at most  %,d records per second"
                    .formatted(plan.path("maxRate").asLong()));
        }
        var table = new TextTable("INPUT", "PARTITION", "AS", "START", "END");
        plan.path("partitions")
                .forEach(partition -> table.row(
                        partition.path("topic").asText(),
                        partition.path("partition").asText(),
                        partition.path("role").asText(),
                        partition.path("start").asText(),
                        partition.path("end").asText()));
        table.print(session.out());
        session.say("  creates  " + String.join(", ", texts(plan.path("topics"))));
        texts(plan.path("notes")).forEach(note -> session.say("  note     " + note + "."));
        texts(plan.path("truncated")).forEach(gap -> session.say("  note     " + gap + "."));
        session.say("  note     Until the old version is retired, both run: twice the work and the space.");
    }

    private static String megabytes(long bytes) {
        return bytes < 10_000_000 ? "%,d kB".formatted((bytes + 999) / 1000) : "%,d MB".formatted(bytes / 1_000_000);
    }

    static String text(Optional<Instant> time) {
        return time.map(Instant::toString).orElse("-");
    }
}
