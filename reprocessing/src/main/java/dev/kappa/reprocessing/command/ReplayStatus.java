package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.fleet.Waiting;
import dev.kappa.reprocessing.replay.Progress;
import dev.kappa.reprocessing.replay.ReplayJson;
import dev.kappa.reprocessing.replay.Replays;
import dev.kappa.reprocessing.replay.VersionChoice;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;

/** Says where every version of a view is. */
@Command(
        name = "status",
        description = "Shows the versions of VIEW, their progress and the instances that run them.",
        mixinStandardHelpOptions = true)
final class ReplayStatus extends ReplayOperation {

    @Override
    int run(Session session) {
        Replays replays = session.replays();
        Catalog catalog = replays.catalog();
        List<ViewVersion> versions = VersionChoice.versions(catalog, view);
        List<InstanceReport> alive;
        try (Fleet fleet = replays.fleet()) {
            alive = fleet.alive();
        }
        ObjectNode json =
                JsonNodeFactory.instance.objectNode().put("view", view).put("epoch", catalog.epoch());
        var remarks = new ArrayList<String>();
        ArrayNode list = json.putArray("versions");
        var table = new TextTable("VERSION", "PHASE", "DONE", "LAG", "EVENT TIME", "COMPLETE FROM", "INSTANCES");
        for (ViewVersion version : versions) {
            if (!version.phase().isRun()) {
                list.addObject()
                        .put("version", version.id().number())
                        .put("phase", version.phase().name())
                        .put("detail", version.detail().orElse(null));
                table.row(
                        "v" + version.id().number(),
                        version.phase().name(),
                        "-",
                        "-",
                        "-",
                        "-",
                        version.detail().orElse("-"));
                continue;
            }
            Progress progress = replays.progress(version, alive);
            ObjectNode entry = ReplayJson.progress(progress, replays.maxLag());
            list.add(entry);
            List<Waiting> waiting = Waiting.of(alive, version.id());
            entry.set("waiting", ReplayJson.waiting(waiting));
            entry.set("gaps", ReplayJson.gaps(version));
            version.gaps()
                    .forEach(gap -> remarks.add("v" + version.id().number() + " is incomplete since " + gap.foundAt()
                            + ": records were deleted before it had read them: " + gap.text()));
            waiting.stream()
                    .filter(wait -> wait.isLong(session.clock().instant()))
                    .forEach(wait -> remarks.add("v" + version.id().number() + ": " + wait.partition() + " waits for "
                            + wait.on() + ", which is further behind in event time, for "
                            + wait.lasts(session.clock().instant()).toSeconds() + " s"));
            table.row(
                    "v" + version.id().number() + (version.phase() == Phase.ACTIVE ? " *" : ""),
                    version.phase().name(),
                    progress.total() == 0 ? "-" : "%d%%".formatted(100 * progress.done() / progress.total()),
                    progress.lag() + (progress.isBehind(replays.maxLag()) ? " BEHIND" : ""),
                    ReplayStart.text(progress.eventTime()),
                    version.origin().isEmpty()
                            ? "-"
                            : ReplayStart.text(version.origin().get().completeFrom()),
                    progress.instances().isEmpty() ? "none" : String.join(", ", progress.instances()));
        }
        if (session.isStructured()) {
            session.print(json);
        } else {
            table.print(session.out());
            remarks.forEach(session::say);
            session.say("epoch " + catalog.epoch());
        }
        return ExitCode.DONE;
    }
}
