package dev.kappa.reprocessing.replay;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.CatalogWriter;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.Transition;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.TopicCreator;
import dev.kappa.reprocessing.cluster.TopicSettings;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;

/**
 * Starts replays by their plans: catalog, output topic, start positions, catalog again. A start that was cut short is finished by
 * {@link #resume}, from anywhere. Thread-safe.
 */
final class ReplayStarter {

    private final ClusterNames names;
    private final ReplaySettings replaySettings;
    private final InstantSource clock;
    private final CatalogReader catalogs;
    private final CatalogWriter writer;
    private final Admin admin;

    ReplayStarter(
            ClusterNames names,
            ReplaySettings replaySettings,
            InstantSource clock,
            CatalogReader catalogs,
            CatalogWriter writer,
            Admin admin) {
        this.names = names;
        this.replaySettings = replaySettings;
        this.clock = clock;
        this.catalogs = catalogs;
        this.writer = writer;
        this.admin = admin;
    }

    /** Carries out a plan: the version is in the catalog, has its topic and start positions, and instances run it. */
    ViewVersion start(ReplayPlan plan, CatalogChange.Operator by, String command, Replays.Narrator narrator) {
        CrashPoint.PLAN_MADE.passed();
        ViewVersion planned = ViewVersion.planned(
                plan.id(),
                plan.blueprint(),
                Optional.of(plan.origin()),
                plan.outputPartitions(),
                plan.maxRate(),
                clock.instant());
        Catalog catalog = writer.change(plan.id().view(), plan.basedOn(), by, command, Transition.plan(planned));
        CrashPoint.VERSION_PLANNED.passed();
        narrator.say("Planned " + plan.id() + " at epoch " + catalog.epoch());
        return prepare(catalog, plan.id(), by, command, narrator);
    }

    /**
     * The replay that was planned and not started, if it is what is asked for.
     *
     * @throws RefusedException when one was planned and it is not
     */
    Optional<ViewVersion> cutShort(Replays.Request request) {
        return catalogs.read()
                .underWay(request.view())
                .filter(version -> version.phase() == Phase.PLANNED)
                .map(version -> {
                    boolean same = version.origin()
                                    .filter(origin ->
                                            origin.from().equals(request.from().text()))
                                    .isPresent()
                            && version.blueprint()
                                    .values()
                                    .entrySet()
                                    .containsAll(request.settings().entrySet());
                    if (!same) {
                        throw new RefusedException("The replay into " + version.id()
                                + " was planned with other parameters or another start, and not started. Finish it with"
                                + " kappa replay watch " + request.view() + ", or abort it with kappa replay abort "
                                + request.view() + ".");
                    }
                    return version;
                });
    }

    /** Finishes what {@link #start} began, if it was cut short; does nothing for a replay that runs. */
    ViewVersion resume(VersionId id, CatalogChange.Operator by, String command, Replays.Narrator narrator) {
        Catalog catalog = catalogs.read();
        ViewVersion version = catalog.version(id).orElseThrow();
        return version.phase() == Phase.PLANNED ? prepare(catalog, id, by, command, narrator) : version;
    }

    private ViewVersion prepare(
            Catalog catalog, VersionId id, CatalogChange.Operator by, String command, Replays.Narrator narrator) {
        ViewVersion version = catalog.version(id).orElseThrow();
        String output = names.outputTopic(id);
        new TopicCreator(admin)
                .create(
                        output,
                        version.outputPartitions(),
                        replaySettings.replicationFactor(),
                        TopicSettings.compacted(replaySettings.maxMessageBytes()));
        CrashPoint.OUTPUT_CREATED.passed();
        narrator.say("Created topic " + output);
        var starts = new HashMap<TopicPartition, Long>();
        version.origin()
                .ifPresent(origin -> origin.ranges().forEach(range -> starts.put(range.partition(), range.start())));
        Catalog now = catalogs.read();
        if (now.version(id).filter(known -> known.phase() == Phase.REPLAYING).isPresent()) {
            return now.version(id).orElseThrow();
        }
        var positions = new CatalogWriter.Positions(names.applicationId(id), starts);
        Catalog after = writer.change(id.view(), now.epoch(), by, command, Transition.replaying(id), positions);
        CrashPoint.VERSION_REPLAYING.passed();
        narrator.say("Committed the start positions of group " + positions.group());
        narrator.say(id + " replays, since epoch " + after.epoch());
        return after.version(id).orElseThrow();
    }
}
