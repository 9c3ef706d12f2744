package dev.kappa.reprocessing.replay;

import dev.kappa.avro.SchemaRegistry;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.CatalogWriter;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.Transition;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.TopicPositions;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.fleet.ReportSignatures;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;

/**
 * Every operation on the versions of views. The command line, HTTP and Java programs all call these. An operation that was
 * cut short is finished by calling it again, from anywhere.
 *
 * <p>Besides what each says, all throw {@link KafkaException} when the cluster does not answer, {@link
 * dev.kappa.avro.SchemaRegistryUnavailableException} when the registry does not, {@link RefusedException} when something
 * is not allowed and {@link dev.kappa.reprocessing.catalog.ConflictException} when another operator changed the view first.
 *
 * <p>Thread-safe.
 */
public final class Replays implements AutoCloseable {

    /** Told of steps as they are done, for people. */
    @FunctionalInterface
    public interface Narrator {
        Narrator SILENT = _ -> {};

        /** One step, as a sentence. */
        void say(String step);
    }

    /**
     * A request for a replay.
     *
     * @param view the view
     * @param from from where
     * @param settings parameters that are to differ from the active version's, as text
     * @param maxRate bound on the records per second, over the whole fleet
     * @param allowTruncated whether to start although the history does not reach back far enough
     */
    public record Request(
            String view,
            StartPosition from,
            Map<String, String> settings,
            Optional<Long> maxRate,
            boolean allowTruncated) {}

    /**
     * The result of a switch.
     *
     * @param version the version readers get now
     * @param before the one they got before
     * @param epoch the catalog's epoch since
     * @param took from the change until the last instance had seen it
     * @param instances instances that have seen it
     * @param unseen instances that are alive and had not when the wait ended
     */
    public record Switched(
            VersionId version,
            Optional<VersionId> before,
            long epoch,
            Duration took,
            List<String> instances,
            List<String> unseen) {}

    private final KafkaSettings settings;
    private final ClusterNames names;
    private final SchemaRegistry registry;
    private final ReplaySettings replaySettings;
    private final InstantSource clock;
    private final ReportSignatures signatures;
    private final Admin admin;
    private final TopicPositions topics;
    private final CatalogReader catalogs;
    private final CatalogWriter writer;
    private final ReplayPlanning planning;
    private final ReplayStarter starter;
    private final ProgressReader progresses;
    private final VersionPositions positions;
    private final VersionSwitch versionSwitch;
    private final TakeDown takeDown;

    /**
     * With a cluster and a registry; the registry is the caller's to close.
     *
     * @param signatures says which reports of instances count
     */
    public Replays(
            KafkaSettings settings,
            ClusterNames names,
            SchemaRegistry registry,
            Definitions definitions,
            ReplaySettings replaySettings,
            InstantSource clock,
            ReportSignatures signatures) {
        this.signatures = signatures;
        this.settings = settings;
        this.names = names;
        this.registry = registry;
        this.replaySettings = replaySettings;
        this.clock = clock;
        this.admin = settings.admin();
        this.topics = new TopicPositions(settings, admin);
        this.catalogs = new CatalogReader(settings, names, registry, admin);
        this.writer = new CatalogWriter(settings, names, registry, clock);
        this.planning = new ReplayPlanning(names, definitions, replaySettings, topics);
        this.starter = new ReplayStarter(names, replaySettings, clock, catalogs, writer, admin);
        this.progresses = new ProgressReader(names, topics);
        this.positions = new VersionPositions(names, admin, topics, writer);
        this.versionSwitch = new VersionSwitch(writer, progresses, replaySettings.maxLag(), this::fleet);
        this.takeDown = new TakeDown(names, registry, clock, catalogs, writer, admin, this::fleet);
    }

    /** The names on the cluster. */
    public ClusterNames names() {
        return names;
    }

    /**
     * The catalog as it is now.
     *
     * @throws RefusedException when the cluster has none yet
     */
    public Catalog catalog() {
        return catalogs.read();
    }

    /** The catalog as it is now; empty when the cluster has none yet. */
    public Optional<Catalog> findCatalog() {
        return catalogs.find();
    }

    /**
     * Plans a replay. Changes nothing.
     *
     * @throws RefusedException when the history does not reach back far enough and that was not allowed
     * @throws IllegalArgumentException when a parameter does not exist or a value is not allowed
     */
    public ReplayPlan plan(Request request) {
        return planning.plan(catalogs.read(), request);
    }

    /** Carries out a plan: the version is in the catalog, has its topic and start positions, and instances run it. */
    public ViewVersion start(ReplayPlan plan, CatalogChange.Operator by, String command, Narrator narrator) {
        return starter.start(plan, by, command, narrator);
    }

    /**
     * The replay that was planned and not started, if it is what is asked for.
     *
     * @throws RefusedException when one was planned and it is not
     */
    public Optional<ViewVersion> cutShort(Request request) {
        return starter.cutShort(request);
    }

    /** Finishes what {@link #start} began, if it was cut short; does nothing for a replay that runs. */
    public ViewVersion resume(VersionId id, CatalogChange.Operator by, String command, Narrator narrator) {
        return starter.resume(id, by, command, narrator);
    }

    /** Records from its end that a partition may be when a version counts as caught up. */
    public long maxLag() {
        return replaySettings.maxLag();
    }

    /**
     * How far a version has come.
     *
     * @param instances the reports of the instances that are alive
     */
    public Progress progress(ViewVersion version, List<InstanceReport> instances) {
        return progresses.of(version, instances);
    }

    /** The newest time of a version's results; the epoch when it has none. */
    public Instant newestResult(VersionId id) {
        return topics.newest(names.outputTopic(id));
    }

    /** A view of the instances that are alive. The caller closes it. */
    public Fleet fleet() {
        return new Fleet(settings, names, registry, clock, signatures);
    }

    /** Records that a version has caught up. */
    public void caughtUp(Catalog basedOn, VersionId id, CatalogChange.Operator by) {
        writer.change(id.view(), basedOn.epoch(), by, "caught up", Transition.caughtUp(id));
    }

    /** Records what an instance has found to be wrong with inputs of a version. */
    public void found(
            Catalog basedOn, VersionId id, List<ViewVersion.FoundProblem> problems, CatalogChange.Operator by) {
        writer.change(id.view(), basedOn.epoch(), by, CatalogChange.FOUND_PROBLEMS, Transition.found(id, problems));
    }

    /** The places of versions in their inputs. */
    public VersionPositions positions() {
        return positions;
    }

    /**
     * Records that records were deleted before a version had read them: a replay has failed, and a version that is or was active is
     * marked. Gaps that are known already change nothing.
     */
    public void gaps(VersionId id, List<PositionCheck.Hole> holes, CatalogChange.Operator by) {
        Catalog catalog = catalogs.read();
        Optional<ViewVersion> version = catalog.version(id);
        Instant now = clock.instant();
        List<ViewVersion.Gap> news = holes.stream()
                .filter(hole -> version.filter(known -> known.hasGap(hole.partition(), hole.to()))
                        .isEmpty())
                .map(hole -> new ViewVersion.Gap(hole.partition(), hole.from(), hole.to(), now))
                .toList();
        if (!news.isEmpty()) {
            writer.change(id.view(), catalog.epoch(), by, "found deleted records", Transition.gaps(id, news));
        }
    }

    /** Records that a version has lost results: a replay has failed, and a version that is or was active is marked. */
    public void lostResults(VersionId id, CatalogChange.Operator by) {
        Catalog catalog = catalogs.read();
        boolean isNews = catalog.version(id)
                .filter(version -> !version.phase().isOver())
                .filter(version -> version.phase() != Phase.FAILED && !version.hasLostResults())
                .isPresent();
        if (isNews) {
            writer.change(id.view(), catalog.epoch(), by, "lost results", Transition.lostResults(id));
        }
    }

    /**
     * Plans where a version continues whose place is lost. Changes nothing.
     *
     * @param to {@code earliest}, {@code latest}, or a file of offsets
     * @throws RefusedException when the version is a replay, or an instance runs it
     * @throws IllegalArgumentException when the position is none of these, or names a partition that does not exist
     */
    public PositionReset planReset(Catalog catalog, VersionId id, String to) {
        return positions.planReset(VersionChoice.version(catalog, id.view(), id.number()), to);
    }

    /** Commits where a version continues, and marks it when it leaves records out. */
    public void reset(Catalog basedOn, PositionReset reset, CatalogChange.Operator by, String command) {
        positions.reset(basedOn, reset, by, command, clock.instant());
    }

    /**
     * Restarts a version on the instances where it has failed. Where it runs, it is not disturbed.
     *
     * @throws RefusedException when no instance says that it has failed
     */
    public void restart(Catalog basedOn, VersionId id, CatalogChange.Operator by, String command) {
        ViewVersion version = VersionChoice.version(basedOn, id.view(), id.number());
        List<String> failed;
        try (Fleet fleet = fleet()) {
            failed = Fleet.in(fleet.alive(), id, "FAILED");
        }
        if (failed.isEmpty()) {
            throw new RefusedException("No instance says that " + version.id() + " has FAILED; kappa replay status "
                    + id.view() + " shows where it runs");
        }
        writer.change(id.view(), basedOn.epoch(), by, command, Transition.restarted(id));
    }

    /** Records the first version of a view. */
    public Catalog first(
            Catalog basedOn, String view, Blueprint blueprint, int outputPartitions, CatalogChange.Operator by) {
        return writer.change(
                view, basedOn.epoch(), by, "first start", Transition.first(view, blueprint, outputPartitions));
    }

    /**
     * Readers get another version from now on. Returns when every instance that is alive has seen it.
     *
     * @param catalog what the decision is based on
     * @param force whether it may be a version that has not caught up, or that no instance runs
     */
    public Switched switchTo(Catalog catalog, VersionId id, boolean force, CatalogChange.Operator by, String command) {
        return versionSwitch.switchTo(catalog, id, force, by, command);
    }

    /** A replay reads no faster than this from now on; empty: as fast as it can. */
    public void throttle(
            Catalog catalog, VersionId id, Optional<Long> maxRate, CatalogChange.Operator by, String command) {
        writer.change(id.view(), catalog.epoch(), by, command, Transition.throttle(id, maxRate));
    }

    /**
     * The topics, groups and schemas that taking a version down deletes.
     *
     * @throws RefusedException for the active version, and when the version cannot be taken down that way
     */
    public Removal removal(Catalog catalog, VersionId id, boolean abort, boolean output) {
        return takeDown.plan(catalog, id, abort, output);
    }

    /**
     * Takes a version down for good: stops it everywhere, then deletes what the removal lists. Finishes what an earlier
     * call began.
     *
     * @param catalog what the decision is based on
     * @param abort whether it is a replay that is aborted, and not a version that was active
     */
    public void takeDown(
            Catalog catalog,
            Removal removal,
            boolean abort,
            CatalogChange.Operator by,
            String command,
            Narrator narrator) {
        takeDown.carryOut(catalog, removal, abort, by, command, narrator);
    }

    /**
     * Deletes the topics and the group of a version that has been removed, where there are any again: an instance that was frozen creates
     * internal topics anew before it hears of the removal.
     */
    public void deleteLeftovers(VersionId id) {
        takeDown.deleteLeftovers(id);
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(5));
    }
}
