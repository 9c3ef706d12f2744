package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.deadletters.DeadLetter;
import dev.kappa.reprocessing.deadletters.ResendChoice;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.replay.ReplayJson;
import dev.kappa.reprocessing.replay.ReplayPlan;
import dev.kappa.reprocessing.replay.Replays;
import dev.kappa.reprocessing.replay.StartPosition;
import dev.kappa.reprocessing.replay.VersionChoice;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Operations that this process carries out, with the rights of its Kafka user. */
final class KafkaOperations implements VersionOperations {

    private final Session session;
    private final Replays replays;

    /** Opened when progress is first asked for. */
    private @Nullable Fleet fleet;

    KafkaOperations(Session session) {
        this.session = session;
        this.replays = session.replays();
    }

    @Override
    public JsonNode plan(Start start) {
        return ReplayJson.plan(replays.plan(request(start)));
    }

    @Override
    public VersionId start(Start start, Consumer<JsonNode> planned) {
        Replays.Request request = request(start);
        Optional<ViewVersion> cutShort = replays.cutShort(request);
        if (cutShort.isPresent()) {
            VersionId id = cutShort.get().id();
            session.narrate(id + " was planned but not started; continuing with that plan");
            return replays.resume(id, Session.operator(), session.command(), session::narrate)
                    .id();
        }
        ReplayPlan plan = replays.plan(request);
        planned.accept(ReplayJson.plan(plan));
        return replays.start(plan, Session.operator(), session.command(), session::narrate)
                .id();
    }

    private Replays.Request request(Start start) {
        try {
            return new Replays.Request(
                    start.view(),
                    StartPosition.parse(start.from(), session.clock().instant()),
                    start.settings(),
                    start.maxRate(),
                    start.allowTruncated());
        } catch (IllegalArgumentException e) {
            throw CommandException.usage("--from: " + e.getMessage());
        }
    }

    @Override
    public JsonNode switchTo(String view, Optional<VersionId> version, boolean force) {
        Catalog catalog = replays.catalog();
        return switchTo(catalog, version.orElseGet(() -> VersionChoice.candidate(catalog, view)), force);
    }

    @Override
    public JsonNode rollback(String view, boolean force) {
        Catalog catalog = replays.catalog();
        return switchTo(catalog, VersionChoice.previous(catalog, view), force);
    }

    private JsonNode switchTo(Catalog catalog, VersionId version, boolean force) {
        return ReplayJson.switched(replays.switchTo(catalog, version, force, Session.operator(), session.command()));
    }

    @Override
    public TakeDownPlan abort(String view, Optional<VersionId> version) {
        Catalog catalog = replays.catalog();
        return takeDown(catalog, version.orElseGet(() -> VersionChoice.unfinished(catalog, view)), true, true);
    }

    @Override
    public TakeDownPlan retire(VersionId version, boolean deleteOutput) {
        return takeDown(replays.catalog(), version, false, deleteOutput);
    }

    private TakeDownPlan takeDown(Catalog catalog, VersionId version, boolean abort, boolean deleteOutput) {
        var removal = replays.removal(catalog, version, abort, deleteOutput);
        return new TakeDownPlan() {
            @Override
            public JsonNode removal() {
                return ReplayJson.removal(removal, catalog.epoch());
            }

            @Override
            public void carryOut() {
                replays.takeDown(catalog, removal, abort, Session.operator(), session.command(), session::narrate);
            }
        };
    }

    @Override
    public VersionId throttle(String view, Optional<Long> maxRate) {
        Catalog catalog = replays.catalog();
        VersionId version = VersionChoice.candidate(catalog, view);
        replays.throttle(catalog, version, maxRate, Session.operator(), session.command());
        return version;
    }

    @Override
    public VersionId restart(String view, Optional<VersionId> version) {
        Catalog catalog = replays.catalog();
        VersionId running = version.orElseGet(() -> VersionChoice.running(catalog, view));
        replays.restart(catalog, running, Session.operator(), session.command());
        return running;
    }

    @Override
    public JsonNode resend(String view, List<String> letters) {
        List<DeadLetter.Id> ids = letters.stream().map(DlqShow::id).toList();
        var choice = new ResendChoice(replays.catalog(), replays.names(), view);
        return choice.resend(session.deadLetters(view), ids);
    }

    @Override
    public VersionId followed(String view, Optional<VersionId> version) {
        Catalog catalog = replays.catalog();
        int number =
                version.orElseGet(() -> VersionChoice.running(catalog, view)).number();
        ViewVersion followed = VersionChoice.version(catalog, view, number);
        if (followed.phase() == Phase.PLANNED) {
            replays.resume(followed.id(), Session.operator(), session.command(), session::narrate);
        }
        return followed.id();
    }

    @Override
    public JsonNode progress(VersionId version) {
        List<InstanceReport> instances = alive();
        ViewVersion known = replays.catalog()
                .version(version)
                .orElseThrow(() -> new RefusedException(version + " is no longer in the catalog"));
        return ReplayJson.progress(replays.progress(known, instances), replays.maxLag())
                .put("detail", known.detail().orElse(null));
    }

    private List<InstanceReport> alive() {
        if (fleet == null) {
            fleet = replays.fleet();
            return fleet.alive();
        }
        return fleet.poll(Duration.ZERO);
    }

    @Override
    public void close() {
        if (fleet != null) {
            fleet.close();
        }
    }
}
