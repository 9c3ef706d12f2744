package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.cluster.VersionId;
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
        return watch(session, session.operations().followed(view, given(number)));
    }

    /** Follows a version; returns when it has caught up, or cannot any more. */
    static int watch(Session session, VersionId id) throws InterruptedException {
        JsonNode progress = session.operations().progress(id);
        try (ProgressBar bar = session.isStructured() ? null : bar(id, progress)) {
            long before = System.nanoTime();
            long readBefore = progress.path("read").asLong();
            double rate = 0;
            while (true) {
                if (session.isStructured()) {
                    session.say(progress.<ObjectNode>deepCopy()
                            .put("rate", Math.round(rate))
                            .put(
                                    "secondsLeft",
                                    rate < 1
                                            ? null
                                            : Math.round(progress.path("lag").asLong() / rate))
                            .toString());
                } else if (bar != null) {
                    show(bar, progress, rate);
                }
                Phase phase = phase(progress);
                boolean isOnItsWay = phase == Phase.PLANNED || phase == Phase.REPLAYING;
                if (!isOnItsWay && !(phase == Phase.CAUGHT_UP && isBehind(progress))) {
                    break;
                }
                Thread.sleep(EVERY);
                progress = session.operations().progress(id);
                long now = System.nanoTime();
                long read = progress.path("read").asLong();
                double latest = (read - readBefore) * 1e9 / Math.max(1, now - before);
                // Smoothed, so that the time left does not jump.
                rate = rate == 0 ? latest : 0.7 * rate + 0.3 * latest;
                before = now;
                readBefore = read;
            }
        }
        return end(session, id, progress);
    }

    private static Phase phase(JsonNode progress) {
        return Phase.valueOf(progress.path("phase").asText());
    }

    private static boolean isBehind(JsonNode progress) {
        return progress.path("behind").asBoolean();
    }

    private static ProgressBar bar(VersionId id, JsonNode progress) {
        return Terminal.progressBar("Replaying " + id)
                .setInitialMax(Math.max(1, progress.path("total").asLong()))
                .startsFrom(progress.path("done").asLong(), Duration.ZERO)
                .build();
    }

    private static void show(ProgressBar bar, JsonNode progress, double rate) {
        // With nothing to read, the bar has one step.
        bar.stepTo(
                progress.path("total").asLong() == 0 ? 1 : progress.path("done").asLong());
        List<String> instances = texts(progress.path("instances"));
        boolean isRun = instances.stream()
                .anyMatch(instance -> instance.contains(" RUNNING") || instance.contains(" REBALANCING"));
        String nobody = isRun
                ? ""
                : instances.isEmpty()
                        ? ", no instance has started it yet"
                        : ", NO INSTANCE RUNS IT: " + String.join(", ", instances);
        bar.setExtraMessage(" %,.0f/s, lag %,d, at %s%s"
                .formatted(
                        rate,
                        progress.path("lag").asLong(),
                        progress.path("eventTime").asText("-"),
                        nobody));
    }

    private static int end(Session session, VersionId id, JsonNode progress) {
        Phase phase = phase(progress);
        return switch (phase) {
            case CAUGHT_UP, ACTIVE, STANDBY -> {
                if (!session.isStructured()) {
                    session.say(id + " is " + phase + ", lag "
                            + progress.path("lag").asLong() + (isBehind(progress) ? ": it has fallen behind" : "")
                            + ".");
                    if (phase == Phase.CAUGHT_UP) {
                        session.say("Next: kappa replay diff " + id.view() + ", then kappa replay switch " + id.view()
                                + ".");
                    }
                }
                yield ExitCode.DONE;
            }
            case FAILED, ABORTED, RETIRED -> {
                JsonNode detail = progress.path("detail");
                throw CommandException.refused(
                        id + " is " + phase + (detail.isTextual() ? ": " + detail.asText() : ""));
            }
            case PLANNED, REPLAYING -> throw new IllegalStateException("Watching ended in " + phase);
        };
    }
}
