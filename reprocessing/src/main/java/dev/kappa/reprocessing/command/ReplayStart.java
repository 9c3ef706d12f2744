package dev.kappa.reprocessing.command;

import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.replay.ReplayJson;
import dev.kappa.reprocessing.replay.ReplayPlan;
import dev.kappa.reprocessing.replay.Replays;
import dev.kappa.reprocessing.replay.StartPosition;
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
        Replays replays = session.replays();
        Replays.Request request = request(session);
        Optional<ViewVersion> cutShort = dryRun ? Optional.empty() : replays.cutShort(request);
        ViewVersion version;
        if (cutShort.isPresent()) {
            session.narrate(cutShort.get().id() + " was planned but not started; continuing with that plan");
            version = replays.resume(cutShort.get().id(), session.operator(), session.command(), session::narrate);
        } else {
            ReplayPlan plan = replays.plan(request);
            if (session.isStructured()) {
                session.printOne(ReplayJson.plan(plan));
            } else {
                print(plan, session);
            }
            if (dryRun) {
                return ExitCode.DONE;
            }
            version = replays.start(plan, session.operator(), session.command(), session::narrate);
        }
        if (watch) {
            return ReplayWatch.watch(session, version.id());
        }
        if (!session.isStructured()) {
            session.say("The replay continues without this command. Follow it: kappa replay watch " + view);
        }
        return ExitCode.DONE;
    }

    private Replays.Request request(Session session) {
        try {
            return new Replays.Request(
                    view,
                    StartPosition.parse(from, session.clock().instant()),
                    settings,
                    maxRate.records(),
                    allowTruncated);
        } catch (IllegalArgumentException e) {
            throw CommandException.usage("--from: " + e.getMessage());
        }
    }

    private static void print(ReplayPlan plan, Session session) {
        session.say("Replay of " + plan.id().view() + " into " + plan.id() + ", from " + plan.from());
        plan.changes().forEach(change -> session.say("  changes  " + change));
        session.say("  reads    %,d records%s"
                .formatted(
                        plan.records(),
                        plan.bytes().isPresent()
                                ? ", about " + megabytes(plan.bytes().getAsLong())
                                : ""));
        plan.completeFrom()
                .ifPresent(time -> session.say("  complete from " + time + " on; results before that are not"));
        plan.maxRate().ifPresent(rate -> session.say("  at most  %,d records per second".formatted(rate)));
        var table = new TextTable("INPUT", "PARTITION", "AS", "START", "END");
        plan.partitions()
                .forEach(partition -> table.row(
                        partition.partition().topic(),
                        String.valueOf(partition.partition().partition()),
                        partition.table() ? "table" : "stream",
                        String.valueOf(partition.start()),
                        String.valueOf(partition.end())));
        table.print(session.out());
        session.say("  creates  " + String.join(", ", plan.topics()));
        plan.notes().forEach(note -> session.say("  note     " + note + "."));
        plan.truncated().forEach(gap -> session.say("  note     " + gap + "."));
        session.say("  note     Until the old version is retired, both run: twice the work and the space.");
    }

    private static String megabytes(long bytes) {
        return bytes < 10_000_000 ? "%,d kB".formatted((bytes + 999) / 1000) : "%,d MB".formatted(bytes / 1_000_000);
    }

    static String text(Optional<Instant> time) {
        return time.map(Instant::toString).orElse("-");
    }
}
