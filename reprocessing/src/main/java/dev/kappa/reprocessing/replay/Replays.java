package dev.kappa.reprocessing.replay;

import dev.kappa.avro.SchemaRegistry;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.CatalogLog;
import dev.kappa.reprocessing.catalog.CatalogWriter;
import dev.kappa.reprocessing.catalog.ClusterNames;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.KafkaSettings;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.RefusedException;
import dev.kappa.reprocessing.catalog.Transition;
import dev.kappa.reprocessing.catalog.VersionId;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Every operation on the versions of views. The command line, HTTP and Java programs all call these. An operation that was
 * cut short is finished by calling it again, from anywhere.
 *
 * <p>Besides what each says, all throw {@link KafkaException} when the cluster does not answer, {@link
 * dev.kappa.avro.SchemaRegistryUnavailableException} when the registry does not, {@link RefusedException} when something
 * is not allowed and {@link dev.kappa.reprocessing.catalog.ConflictException} when somebody else changed the view first.
 *
 * <p>Thread-safe.
 */
public final class Replays implements AutoCloseable {

    /** How long the fleet gets to follow a change. */
    private static final Duration FLEET_PATIENCE = Duration.ofSeconds(60);

    /** Told of steps as they are done, for people. */
    @FunctionalInterface
    public interface Narrator {
        Narrator SILENT = _ -> {};

        /** One step, as a sentence. */
        void say(String step);
    }

    /**
     * What somebody wants recomputed.
     *
     * @param view the view
     * @param from from where
     * @param settings parameters that are to differ from the active version's, as text
     * @param maxRate bound on the records per second, over the whole fleet
     * @param allowTruncated whether to go on when the history does not reach back far enough
     */
    public record Request(
            String view,
            StartPosition from,
            Map<String, String> settings,
            Optional<Long> maxRate,
            boolean allowTruncated) {}

    /**
     * What came of a switch.
     *
     * @param version the version readers get now
     * @param before the one they got before
     * @param epoch the catalog's epoch since
     * @param took from the change until the last instance had seen it
     * @param instances instances that have seen it
     * @param unseen instances that are alive and have not, when the wait was given up
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
    private final Definitions definitions;
    private final ReplaySettings replaySettings;
    private final InstantSource clock;
    private final CatalogWriter writer;
    private final Admin admin;
    private final TopicPositions topics;

    /** With a cluster and a registry; the registry is the caller's to close. */
    public Replays(
            KafkaSettings settings,
            ClusterNames names,
            SchemaRegistry registry,
            Definitions definitions,
            ReplaySettings replaySettings,
            InstantSource clock) {
        this.settings = settings;
        this.names = names;
        this.registry = registry;
        this.definitions = definitions;
        this.replaySettings = replaySettings;
        this.clock = clock;
        this.writer = new CatalogWriter(settings, names, registry, clock);
        this.admin = settings.admin();
        this.topics = new TopicPositions(settings, admin);
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
        return findCatalog()
                .orElseThrow(() -> new RefusedException("There is no catalog on this cluster (topic "
                        + names.catalogTopic() + "). The first instance of the app that starts makes it; is this the"
                        + " right cluster, and the right kappa.prefix?"));
    }

    /** The catalog as it is now; empty when the cluster has none yet. */
    public Optional<Catalog> findCatalog() {
        try {
            TopicPositions.await(
                    admin.describeTopics(List.of(names.catalogTopic())).allTopicNames());
        } catch (UnknownTopicOrPartitionException e) {
            return Optional.empty();
        }
        try (var log = new CatalogLog(settings, names, registry)) {
            return Optional.of(log.readToEnd());
        }
    }

    /**
     * All versions of a view, by number.
     *
     * @throws RefusedException when there is no such view, or a record of it cannot be read
     */
    public List<ViewVersion> versions(Catalog catalog, String view) {
        String unreadable = catalog.unreadable().get(view);
        if (unreadable != null) {
            throw new RefusedException("Nothing can be done to view " + view + ". " + unreadable);
        }
        List<ViewVersion> versions = catalog.versions(view);
        if (versions.isEmpty()) {
            throw new RefusedException("There is no view " + view + "; there are " + catalog.views());
        }
        return versions;
    }

    // Plan and start

    /**
     * Plans a replay. Changes nothing.
     *
     * @throws RefusedException when the history does not reach back far enough and that was not allowed
     * @throws IllegalArgumentException when a parameter does not exist or a value is not allowed
     */
    public ReplayPlan plan(Request request) {
        Catalog catalog = catalog();
        String view = request.view();
        versions(catalog, view);
        ViewDefinition definition = definitions.get(view);
        Optional<ViewVersion> active = catalog.active(view);
        var chosen = new LinkedHashMap<String, String>();
        active.ifPresent(version -> version.blueprint().given().forEach((name, value) -> {
            if (ParameterValues.known(definition).stream()
                    .anyMatch(parameter -> parameter.name().equals(name))) {
                chosen.put(name, value);
            }
        }));
        chosen.putAll(request.settings());
        Blueprint blueprint = Blueprint.of(definition, chosen);
        var id = new VersionId(view, catalog.nextNumber(view));
        var notes = new ArrayList<String>();
        List<String> changes = active.map(version -> version.blueprint().differences(blueprint))
                .orElse(List.of());
        if (active.isPresent() && changes.isEmpty()) {
            notes.add("Nothing is different from the active version, "
                    + active.get().id() + ": the results will be the same, unless the inputs have been changed");
        }
        Optional<Duration> lookBack = definition.lookBack(ParameterValues.of(definition, chosen));
        ReplayPlan.Reading reading =
                ReplayPlan.reading(request.from(), lookBack, facts(blueprint, request.from(), lookBack));
        if (!reading.truncated().isEmpty() && !request.allowTruncated()) {
            throw new RefusedException("The history is not complete from "
                    + request.from().text()
                    + lookBack.map(time -> " less the look-back of " + time).orElse("") + ". "
                    + String.join(". ", reading.truncated())
                    + ". Results "
                    + reading.completeFrom().map(time -> "before " + time + " ").orElse("")
                    + "would be incomplete; to accept that, give --allow-truncated.");
        }
        notes.addAll(reading.notes());
        var created = new ArrayList<String>();
        created.add(names.outputTopic(id));
        blueprint.internalTopics().forEach(topic -> created.add(names.internalTopic(id, topic)));
        return new ReplayPlan(
                id,
                catalog.epoch(),
                blueprint,
                request.from().text(),
                reading.partitions(),
                reading.completeFrom(),
                active.map(ViewVersion::outputPartitions).orElseGet(() -> replaySettings.outputPartitions()),
                created,
                request.maxRate(),
                changes,
                notes,
                reading.truncated());
    }

    private List<ReplayPlan.Facts> facts(Blueprint blueprint, StartPosition from, Optional<Duration> lookBack) {
        Map<TopicPartition, Boolean> tables = new LinkedHashMap<>();
        for (Blueprint.InputTopic input : blueprint.inputs()) {
            topics.partitions(List.of(input.topic())).forEach(partition -> tables.put(partition, input.table()));
        }
        Map<TopicPartition, Long> begins = topics.offsets(tables.keySet(), OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = topics.offsets(tables.keySet(), OffsetSpec.latest());
        Map<TopicPartition, Instant> oldest = topics.oldest(tables.keySet());
        Map<TopicPartition, Long> targets = from instanceof StartPosition.At at && lookBack.isPresent()
                ? topics.offsets(
                        tables.keySet(),
                        OffsetSpec.forTimestamp(
                                Math.max(0, at.instant().minus(lookBack.get()).toEpochMilli())))
                : Map.of();
        Map<TopicPartition, Long> sizes = topics.sizes(tables.keySet());
        Set<String> compacted = topics.compacted(blueprint.inputs().stream()
                .filter(input -> !input.table())
                .map(Blueprint.InputTopic::topic)
                .toList());
        return tables.entrySet().stream()
                .map(entry -> {
                    TopicPartition partition = entry.getKey();
                    Long target = targets.get(partition);
                    Long size = sizes.get(partition);
                    return new ReplayPlan.Facts(
                            partition,
                            entry.getValue(),
                            compacted.contains(partition.topic()),
                            begins.getOrDefault(partition, 0L),
                            ends.getOrDefault(partition, 0L),
                            Optional.ofNullable(oldest.get(partition)),
                            startTime(from, partition, ends.getOrDefault(partition, 0L)),
                            target == null || target < 0 ? OptionalLong.empty() : OptionalLong.of(target),
                            size == null ? OptionalLong.empty() : OptionalLong.of(size));
                })
                .toList();
    }

    /** The time of the record a partition is to start at, when offsets are given. */
    private Optional<Instant> startTime(StartPosition from, TopicPartition partition, long end) {
        if (!(from instanceof StartPosition.Offsets offsets)) {
            return Optional.empty();
        }
        return Optional.ofNullable(offsets.offsets().get(partition.topic()))
                .map(partitions -> partitions.get(partition.partition()))
                .filter(offset -> offset < end)
                .flatMap(offset -> topics.timeOfNext(partition, offset, end));
    }

    /** Carries out a plan: the version is in the catalog, has its topic and start positions, and instances run it. */
    public ViewVersion start(ReplayPlan plan, CatalogChange.Operator by, String command, Narrator narrator) {
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
    public Optional<ViewVersion> cutShort(Request request) {
        return catalog()
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
                                + " was planned and not started, with other parameters or from elsewhere. Finish it with"
                                + " kappa replay watch " + request.view() + ", or give it up with kappa replay abort "
                                + request.view() + ".");
                    }
                    return version;
                });
    }

    /** Finishes what {@link #start} began, if it was cut short; does nothing for a replay that runs. */
    public ViewVersion resume(VersionId id, CatalogChange.Operator by, String command, Narrator narrator) {
        Catalog catalog = catalog();
        ViewVersion version = catalog.version(id).orElseThrow();
        return version.phase() == Phase.PLANNED ? prepare(catalog, id, by, command, narrator) : version;
    }

    private ViewVersion prepare(
            Catalog catalog, VersionId id, CatalogChange.Operator by, String command, Narrator narrator) {
        ViewVersion version = catalog.version(id).orElseThrow();
        String output = names.outputTopic(id);
        try {
            OutputTopics.create(
                    admin,
                    output,
                    version.outputPartitions(),
                    replaySettings.replicationFactor(),
                    OutputTopics.compacted(replaySettings.maxMessageBytes()));
        } catch (ExecutionException e) {
            throw TopicPositions.failure(e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
        CrashPoint.OUTPUT_CREATED.passed();
        narrator.say("Created topic " + output);
        var starts = new HashMap<TopicPartition, OffsetAndMetadata>();
        version.origin()
                .ifPresent(origin -> origin.ranges()
                        .forEach(range -> starts.put(range.partition(), new OffsetAndMetadata(range.start()))));
        if (!starts.isEmpty()) {
            TopicPositions.await(admin.alterConsumerGroupOffsets(names.applicationId(id), starts)
                    .all());
        }
        CrashPoint.STARTS_COMMITTED.passed();
        narrator.say("Committed the start positions of group " + names.applicationId(id));
        Catalog now = catalog();
        if (now.version(id).filter(known -> known.phase() == Phase.REPLAYING).isPresent()) {
            return now.version(id).orElseThrow();
        }
        Catalog after = writer.change(id.view(), now.epoch(), by, command, Transition.replaying(id));
        CrashPoint.VERSION_REPLAYING.passed();
        narrator.say(id + " replays, since epoch " + after.epoch());
        return after.version(id).orElseThrow();
    }

    // Follow

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
        String group = names.applicationId(version.id());
        Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
        try {
            TopicPositions.await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
                    .forEach((partition, offset) -> {
                        if (offset != null) {
                            committed.put(partition, offset);
                        }
                    });
        } catch (GroupIdNotFoundException notThereYet) {
            // Nothing has been committed.
        }
        Map<TopicPartition, ViewVersion.Range> ranges = version.origin()
                .map(origin -> origin.ranges().stream()
                        .collect(Collectors.toMap(ViewVersion.Range::partition, range -> range)))
                .orElse(Map.of());
        var all = new TreeSet<TopicPartition>(
                Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition));
        all.addAll(topics.partitions(version.blueprint().inputs().stream()
                .map(Blueprint.InputTopic::topic)
                .toList()));
        List<TopicPartition> inputs = List.copyOf(all);
        all.addAll(committed.keySet());
        Map<TopicPartition, Long> ends = topics.offsets(all, OffsetSpec.latest());
        var positions = new ArrayList<Progress.Position>();
        for (TopicPartition partition : all) {
            ViewVersion.Range range = ranges.get(partition);
            long start = range == null ? 0 : range.start();
            OffsetAndMetadata position = committed.get(partition);
            long planned = range == null ? 0 : range.end();
            long at = position == null ? start : position.offset();
            // A partition whose last offsets hold no record, but ends of transactions, is never committed further.
            if (at < planned && planned - at <= replaySettings.maxLag() && !topics.hasRecords(partition, at, planned)) {
                at = planned;
            }
            positions.add(new Progress.Position(
                    partition, inputs.contains(partition), start, planned, at, ends.getOrDefault(partition, 0L)));
        }
        Optional<Instant> eventTime = instances.stream()
                .flatMap(instance -> Fleet.of(instance, version.id()).stream())
                .map(VersionReport::getNewestEvent)
                .filter(Objects::nonNull)
                .max(Instant::compareTo);
        List<String> states = instances.stream()
                .flatMap(instance -> Fleet.of(instance, version.id()).stream()
                        .map(report -> instance.getAdvertised() + " " + report.getState()
                                + (report.getDetail() == null ? "" : " (" + report.getDetail() + ")")))
                .toList();
        return new Progress(version, positions, eventTime, states);
    }

    /** The newest time of a version's results; the epoch when it has none. */
    public Instant newestResult(VersionId id) {
        return topics.newest(names.outputTopic(id));
    }

    /** A view of the instances that are alive. The caller closes it. */
    public Fleet fleet() {
        return new Fleet(settings, names, registry, clock);
    }

    /** Records that a version has caught up. */
    public void caughtUp(Catalog basedOn, VersionId id, CatalogChange.Operator by) {
        writer.change(id.view(), basedOn.epoch(), by, "caught up", Transition.caughtUp(id));
    }

    /** Records that a replay has failed, and why. */
    public void failed(Catalog basedOn, VersionId id, String why, CatalogChange.Operator by) {
        writer.change(id.view(), basedOn.epoch(), by, "failed", Transition.failed(id, why));
    }

    /** Records what an instance has found to be wrong with inputs of a version. */
    public void found(
            Catalog basedOn, VersionId id, List<ViewVersion.FoundProblem> problems, CatalogChange.Operator by) {
        writer.change(id.view(), basedOn.epoch(), by, "found problems of inputs", Transition.found(id, problems));
    }

    /** Records the first version of a view. */
    public Catalog first(
            Catalog basedOn, String view, Blueprint blueprint, int outputPartitions, CatalogChange.Operator by) {
        return writer.change(
                view, basedOn.epoch(), by, "first start", Transition.first(view, blueprint, outputPartitions));
    }

    /**
     * Two versions to compare.
     *
     * @param before the one that is compared with
     * @param after the one that is compared
     */
    public record Pair(ViewVersion before, ViewVersion after) {}

    /**
     * The versions a comparison means: unless numbers are given, the replay under way, or else the version in STANDBY, and
     * the active one.
     *
     * @throws RefusedException when there are no such two, or an output has been deleted
     */
    public Pair pair(Catalog catalog, String view, Optional<Integer> number, Optional<Integer> against) {
        versions(catalog, view);
        ViewVersion before = against.map(wanted -> version(catalog, view, wanted))
                .or(() -> catalog.active(view))
                .orElseThrow(() -> new RefusedException("View " + view + " has no active version"));
        ViewVersion after = number.map(wanted -> version(catalog, view, wanted))
                .or(() -> catalog.underWay(view))
                .or(() -> catalog.previous(view))
                .orElseThrow(() -> new RefusedException("View " + view
                        + " has no version besides the active one. Start a replay with kappa replay start " + view
                        + "."));
        if (before.id().equals(after.id())) {
            throw new RefusedException(before.id() + " would be compared with itself");
        }
        for (ViewVersion version : List.of(before, after)) {
            if (version.outputRemoved()) {
                throw new RefusedException("The output of " + version.id() + " has been deleted");
            }
        }
        return new Pair(before, after);
    }

    /**
     * A version of a view.
     *
     * @throws RefusedException when there is none
     */
    public ViewVersion version(Catalog catalog, String view, int number) {
        return versions(catalog, view).stream()
                .filter(version -> version.id().number() == number)
                .findFirst()
                .orElseThrow(() -> new RefusedException("View " + view + " has no version " + number));
    }

    // Switch and roll back

    /** The version a switch without a number means. */
    public VersionId candidate(Catalog catalog, String view) {
        versions(catalog, view);
        return catalog.underWay(view)
                .map(ViewVersion::id)
                .orElseThrow(() -> new RefusedException("View " + view
                        + " has no replay to switch to. Start one with kappa replay start " + view
                        + ", or name a version that is STANDBY with --version."));
    }

    /** The version an abort without a number means: the replay under way, or one whose abort was cut short. */
    public VersionId unfinished(Catalog catalog, String view) {
        versions(catalog, view);
        return catalog.underWay(view)
                .or(() -> catalog.versions(view).stream()
                        .filter(version -> version.phase() == Phase.ABORTED && !version.removed())
                        .findFirst())
                .map(ViewVersion::id)
                .orElseThrow(() -> new RefusedException("View " + view + " has no replay under way"));
    }

    /** The version a rollback goes to. */
    public VersionId previous(Catalog catalog, String view) {
        versions(catalog, view);
        return catalog.previous(view)
                .map(ViewVersion::id)
                .orElseThrow(() -> new RefusedException(
                        "View " + view + " has no version in STANDBY, so there is nothing to roll back to"));
    }

    /**
     * Readers get another version from now on. Returns when every instance that is alive has seen it.
     *
     * @param catalog what the decision is based on
     * @param force whether it may be a version that has not caught up, or that no instance runs
     */
    public Switched switchTo(Catalog catalog, VersionId id, boolean force, CatalogChange.Operator by, String command) {
        versions(catalog, id.view());
        try (Fleet fleet = fleet()) {
            List<InstanceReport> alive = fleet.alive();
            if (!force) {
                catalog.version(id)
                        .filter(version -> version.phase() == Phase.CAUGHT_UP || version.phase() == Phase.STANDBY)
                        .ifPresent(version -> requireFit(version, alive));
            }
            CrashPoint.BEFORE_SWITCH.passed();
            Optional<VersionId> before = catalog.active(id.view()).map(ViewVersion::id);
            long begun = System.nanoTime();
            Catalog after = writer.change(id.view(), catalog.epoch(), by, command, Transition.switchTo(id, force));
            CrashPoint.SWITCHED.passed();
            List<InstanceReport> unseen = awaitEpoch(fleet, after.epoch());
            Duration took = Duration.ofNanos(System.nanoTime() - begun);
            List<String> seen = fleet.poll(Duration.ZERO).stream()
                    .filter(instance -> instance.getEpoch() >= after.epoch())
                    .map(InstanceReport::getAdvertised)
                    .toList();
            return new Switched(
                    id,
                    before,
                    after.epoch(),
                    took,
                    seen,
                    unseen.stream().map(InstanceReport::getAdvertised).toList());
        }
    }

    private void requireFit(ViewVersion version, List<InstanceReport> alive) {
        if (alive.stream()
                .flatMap(instance -> Fleet.of(instance, version.id()).stream())
                .noneMatch(report -> report.getState().equals("RUNNING"))) {
            throw new RefusedException("No instance that is alive runs " + version.id()
                    + " at the moment, so readers would get no answers. Wait until one does (kappa replay status "
                    + version.id().view() + "), or switch all the same with --force.");
        }
        Progress progress = progress(version, alive);
        if (!progress.isWithin(replaySettings.maxLag())) {
            throw new RefusedException(version.id() + " has fallen behind: " + progress.lag()
                    + " input records have not been read. Wait for it with kappa replay watch "
                    + version.id().view() + ", or switch all the same with --force.");
        }
    }

    /** The instances that are alive and have not seen an epoch when the patience ends. */
    private static List<InstanceReport> awaitEpoch(Fleet fleet, long epoch) {
        List<InstanceReport> behind = List.of();
        long begun = System.nanoTime();
        while (System.nanoTime() - begun < FLEET_PATIENCE.toNanos()) {
            behind = fleet.poll(Duration.ofMillis(100)).stream()
                    .filter(instance -> instance.getEpoch() < epoch)
                    .toList();
            if (behind.isEmpty()) {
                return behind;
            }
        }
        return behind;
    }

    /** A replay reads no faster than this from now on; empty: as fast as it can. */
    public void throttle(
            Catalog catalog, VersionId id, Optional<Long> maxRate, CatalogChange.Operator by, String command) {
        writer.change(id.view(), catalog.epoch(), by, command, Transition.throttle(id, maxRate));
    }

    // Take down

    /**
     * What taking a version down deletes.
     *
     * @throws RefusedException for the active version, and when the version cannot be taken down that way
     */
    public Removal removal(Catalog catalog, VersionId id, boolean abort, boolean output) {
        versions(catalog, id.view());
        ViewVersion version = catalog.version(id)
                .filter(known -> known.phase() == (abort ? Phase.ABORTED : Phase.RETIRED))
                .orElseGet(() -> {
                    Transition transition = abort ? Transition.abort(id) : Transition.retire(id);
                    return transition
                            .apply(catalog, catalog.epoch() + 1, clock.instant())
                            .getFirst();
                });
        return Removal.of(version, names, output);
    }

    /**
     * Takes a version down for good: stops it everywhere, then deletes what the removal lists. Finishes what an earlier
     * call began.
     *
     * @param catalog what the decision is based on
     * @param abort whether it is a replay that is given up, and not a version that was active
     */
    public void takeDown(
            Catalog catalog,
            Removal removal,
            boolean abort,
            CatalogChange.Operator by,
            String command,
            Narrator narrator) {
        VersionId id = removal.version();
        Catalog after = catalog;
        ViewVersion version = catalog.version(id).orElseThrow();
        if (!version.phase().isOver()) {
            after = writer.change(
                    id.view(), catalog.epoch(), by, command, abort ? Transition.abort(id) : Transition.retire(id));
            narrator.say(id + " is " + after.version(id).orElseThrow().phase() + " since epoch " + after.epoch());
        }
        CrashPoint.TAKEN_DOWN.passed();
        version = after.version(id).orElseThrow();
        if (!version.removed()) {
            awaitStopped(after, id);
            narrator.say("Stopped on every instance, its local state deleted");
            CrashPoint.STOPPED_EVERYWHERE.passed();
            deleteGroup(removal.group());
            narrator.say("Deleted consumer group " + removal.group());
            CrashPoint.GROUP_DELETED.passed();
        }
        if (!version.removed() || (removal.output() && !version.outputRemoved())) {
            for (String topic : removal.topics()) {
                try {
                    TopicPositions.await(admin.deleteTopics(List.of(topic)).all());
                    narrator.say("Deleted topic " + topic);
                } catch (UnknownTopicOrPartitionException goneAlready) {
                    // An earlier call got this far, or the topic was never made.
                }
            }
            CrashPoint.TOPICS_DELETED.passed();
            long subjects = removal.subjects().stream().filter(registry::delete).count();
            narrator.say("Deleted " + subjects + " subjects of the schema registry");
            CrashPoint.SUBJECTS_DELETED.passed();
            // On whatever the view is like now: that this version is over does not change any more.
            writer.change(id.view(), catalog().epoch(), by, command, Transition.removed(id, removal.output()));
        }
        CrashPoint.REMOVAL_RECORDED.passed();
    }

    private void awaitStopped(Catalog catalog, VersionId id) {
        try (Fleet fleet = fleet()) {
            fleet.alive();
            var running = new ArrayList<String>();
            awaitUntil(
                    () -> {
                        running.clear();
                        fleet.poll(Duration.ofMillis(100)).stream()
                                .filter(instance -> instance.getEpoch() < catalog.epoch()
                                        || Fleet.of(instance, id).isPresent())
                                .forEach(instance -> running.add(instance.getAdvertised()));
                        return running.isEmpty();
                    },
                    () -> id + " has not stopped on " + running + " yet");
        }
    }

    private void deleteGroup(String group) {
        awaitUntil(
                () -> {
                    try {
                        TopicPositions.await(
                                admin.deleteConsumerGroups(List.of(group)).all());
                        return true;
                    } catch (GroupIdNotFoundException goneAlready) {
                        return true;
                    } catch (GroupNotEmptyException | UnknownMemberIdException membersLeft) {
                        // An instance that died is a member until its session expires.
                        pause();
                        return false;
                    }
                },
                () -> "Consumer group " + group + " still has members");
    }

    private static void awaitUntil(BooleanSupplier condition, Supplier<String> still) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - begun > FLEET_PATIENCE.toNanos()) {
                throw new RefusedException(still.get() + " after " + FLEET_PATIENCE.toSeconds()
                        + " s. Nothing more was deleted; repeat the command to go on.");
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(Duration.ofMillis(250));
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(5));
    }
}
