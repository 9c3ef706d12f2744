package dev.kappa.reprocessing.command;

import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.replay.Progress;
import dev.kappa.reprocessing.replay.ReplayJson;
import dev.kappa.reprocessing.replay.Replays;
import java.time.Duration;
import java.util.List;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Follows a replay until it has caught up. May be stopped and started again anywhere. */
@Command(
        name = "watch",
        description =
                "Follows the replay of VIEW until it has caught up. First completes a start that was interrupted.",
        mixinStandardHelpOptions = true)
final class ReplayWatch extends ReplayOperation {

    private static final Duration EVERY = Duration.ofSeconds(1);

    @Option(names = "--version", paramLabel = "N", description = "Version to follow (default: the replay under way).")
    @Nullable
    Integer number;

    @Override
    int run(Session session) throws Exception {
        Replays replays = session.replays();
        Catalog catalog = replays.catalog();
        ViewVersion version = version(session, catalog, number);
        if (version.phase() == Phase.PLANNED) {
            replays.resume(version.id(), session.operator(), session.command(), session::narrate);
        }
        return watch(session, version.id());
    }

    /** Follows a version; returns when it has caught up, or cannot any more. */
    static int watch(Session session, VersionId id) throws InterruptedException {
        Replays replays = session.replays();
        try (Fleet fleet = replays.fleet()) {
            List<InstanceReport> alive = fleet.alive();
            Progress progress = progress(replays, id, alive);
            try (ProgressBar bar = session.isStructured() ? null : bar(progress)) {
                long before = System.nanoTime();
                long readBefore = progress.read();
                double rate = 0;
                while (true) {
                    if (session.isStructured()) {
                        session.say(ReplayJson.progress(progress, replays.maxLag())
                                .put("rate", Math.round(rate))
                                .put("secondsLeft", rate < 1 ? null : Math.round(progress.lag() / rate))
                                .toString());
                    } else if (bar != null) {
                        show(bar, progress, rate);
                    }
                    Phase phase = progress.version().phase();
                    if (phase != Phase.REPLAYING
                            && !(phase == Phase.CAUGHT_UP && progress.isBehind(replays.maxLag()))) {
                        break;
                    }
                    Thread.sleep(EVERY);
                    alive = fleet.poll(Duration.ZERO);
                    progress = progress(replays, id, alive);
                    long now = System.nanoTime();
                    double latest = (progress.read() - readBefore) * 1e9 / Math.max(1, now - before);
                    // Smoothed, so that the time left does not jump.
                    rate = rate == 0 ? latest : 0.7 * rate + 0.3 * latest;
                    before = now;
                    readBefore = progress.read();
                }
            }
            return end(session, progress);
        }
    }

    private static Progress progress(Replays replays, VersionId id, List<InstanceReport> alive) {
        ViewVersion version = replays.catalog()
                .version(id)
                .orElseThrow(() -> new RefusedException(id + " is no longer in the catalog"));
        return replays.progress(version, alive);
    }

    private static ProgressBar bar(Progress progress) {
        return Terminal.progressBar("Replaying " + progress.version().id())
                .setInitialMax(Math.max(1, progress.total()))
                .startsFrom(progress.done(), Duration.ZERO)
                .build();
    }

    private static void show(ProgressBar bar, Progress progress, double rate) {
        boolean done = progress.isRangeDone();
        bar.stepTo(done ? Math.max(1, progress.total()) : progress.done());
        boolean isRun = progress.instances().stream()
                .anyMatch(instance -> instance.contains(" RUNNING") || instance.contains(" REBALANCING"));
        String nobody = isRun
                ? ""
                : progress.instances().isEmpty()
                        ? ", no instance has started it yet"
                        : ", NO INSTANCE RUNS IT: " + String.join(", ", progress.instances());
        bar.setExtraMessage(" %,.0f/s, lag %,d, at %s%s"
                .formatted(rate, progress.lag(), ReplayStart.text(progress.eventTime()), nobody));
    }

    private static int end(Session session, Progress progress) {
        ViewVersion version = progress.version();
        return switch (version.phase()) {
            case CAUGHT_UP, ACTIVE, STANDBY -> {
                if (!session.isStructured()) {
                    session.say(version.id() + " is " + version.phase() + ", lag " + progress.lag()
                            + (progress.isBehind(session.replays().maxLag()) ? ": it has fallen behind" : "") + ".");
                    if (version.phase() == Phase.CAUGHT_UP) {
                        String view = version.id().view();
                        session.say("Next: kappa replay diff " + view + ", then kappa replay switch " + view + ".");
                    }
                }
                yield ExitCode.DONE;
            }
            case FAILED, ABORTED, RETIRED ->
                throw CommandException.refused(version.id() + " is " + version.phase()
                        + version.detail().map(detail -> ": " + detail).orElse(""));
            case PLANNED, REPLAYING -> throw new IllegalStateException("Watching ended in " + version.phase());
        };
    }
}
