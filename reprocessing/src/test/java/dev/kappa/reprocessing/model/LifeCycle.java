package dev.kappa.reprocessing.model;

import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.Transition;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.replay.PositionCheck;
import dev.kappa.topologies.Views;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.apache.kafka.common.TopicPartition;

/**
 * One view on one input. A state is what would survive a crash, and which versions an instance runs; a step is one that cannot be
 * interrupted: a transaction, a commit, the end of a process. A crash between two steps is a history in which the second does not come.
 */
final class LifeCycle {

    static final String VIEW = "trends";
    private static final String TOPIC = "posts";
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final Blueprint BLUEPRINT = Blueprint.of(Views.discover().getFirst(), Map.of());

    /** Where a version continues that has no committed offset. */
    enum Start {
        /** As the product decides. */
        CHECKED,
        /** As Kafka's {@code auto.offset.reset=earliest}: what the model has to find wrong. */
        EARLIEST
    }

    /** The offsets that are in a partition of the input. */
    record Log(long begin, long end) {}

    /**
     * A version on the cluster.
     *
     * @param began where it began, by partition
     * @param offsets what its group has committed
     * @param applied offsets of the records in its results
     * @param isRunning whether an instance runs it
     */
    record Work(
            Map<Integer, Long> began, Map<Integer, Long> offsets, Map<Integer, List<Long>> applied, boolean isRunning) {

        static final Work NONE = new Work(Map.of(), Map.of(), Map.of(), false);

        Work {
            began = new TreeMap<>(began);
            offsets = new TreeMap<>(offsets);
            applied = new TreeMap<>(applied);
        }

        Work running(boolean now) {
            return new Work(began, offsets, applied, now);
        }

        Work at(int partition, long offset) {
            var with = new TreeMap<>(offsets);
            with.put(partition, offset);
            var starts = new TreeMap<>(began);
            starts.putIfAbsent(partition, offset);
            return new Work(starts, with, applied, isRunning);
        }

        Work applying(int partition, long offset) {
            var with = new TreeMap<>(applied);
            var records = new ArrayList<>(with.getOrDefault(partition, List.of()));
            records.add(offset);
            with.put(partition, List.copyOf(records));
            return new Work(began, offsets, with, isRunning).at(partition, offset + 1);
        }

        Work without(int partition) {
            var less = new TreeMap<>(offsets);
            less.remove(partition);
            return new Work(began, less, applied, isRunning);
        }
    }

    /** A state. */
    record State(Catalog catalog, List<Log> logs, Map<Integer, Work> work) {

        State {
            logs = List.copyOf(logs);
            work = new TreeMap<>(work);
        }

        Work of(int version) {
            return work.getOrDefault(version, Work.NONE);
        }

        State with(int version, Work now) {
            var all = new TreeMap<>(work);
            all.put(version, now);
            return new State(catalog, logs, all);
        }

        State with(int partition, Log now) {
            var all = new ArrayList<>(logs);
            all.set(partition, now);
            return new State(catalog, all, work);
        }

        /** The same state has the same text; epochs and times do not matter. */
        String key() {
            var text = new StringBuilder();
            Optional<ViewVersion> previous = catalog.previous(VIEW);
            for (ViewVersion version : catalog.versions(VIEW)) {
                text.append(version.id().number())
                        .append(version.phase())
                        .append(version.removed())
                        .append(previous.filter(version::equals).isPresent());
                version.gaps().forEach(gap -> text.append(gap.text()));
                version.origin().ifPresent(origin -> text.append(origin.ranges()));
            }
            return text.append(logs).append(work).toString();
        }
    }

    /** Something that can happen. */
    record Step(String name, Function<State, Optional<State>> effect) {}

    private final Start start;
    private final int maxRecords;
    private final int maxPartitions;
    private final int maxVersions;

    LifeCycle(Start start, int maxRecords, int maxPartitions, int maxVersions) {
        this.start = start;
        this.maxRecords = maxRecords;
        this.maxPartitions = maxPartitions;
        this.maxVersions = maxVersions;
    }

    /** The first version is in the catalog, and no instance has run it. */
    static State first() {
        var empty = new Catalog(0, List.of(), List.of(), Map.of());
        var state = new State(empty, List.of(new Log(0, 0)), Map.of());
        return changed(state, Transition.first(VIEW, BLUEPRINT, 1)).orElseThrow();
    }

    /** Everything that can happen. */
    List<Step> steps() {
        var steps = new ArrayList<Step>();
        for (int p = 0; p < maxPartitions; p++) {
            int partition = p;
            steps.add(new Step("record into " + p, state -> produced(state, partition)));
            steps.add(new Step("retention in " + p, state -> deleted(state, partition)));
        }
        steps.add(new Step("partition added", this::partitionAdded));
        steps.add(new Step("replay planned", this::planned));
        steps.add(new Step(
                "rollback",
                state -> state.catalog()
                        .previous(VIEW)
                        .filter(version -> version.gaps().isEmpty())
                        .flatMap(version -> changed(state, Transition.switchTo(version.id(), false)))));
        for (int v = 1; v <= maxVersions; v++) {
            int version = v;
            var id = new VersionId(VIEW, v);
            steps.add(new Step("replay " + v + " started", state -> replayStarted(state, version)));
            steps.add(new Step("instance starts " + v, state -> started(state, version)));
            steps.add(new Step("instance stops " + v, state -> stopped(state, version)));
            steps.add(new Step("offsets of " + v + " expire", state -> expired(state, version)));
            steps.add(new Step(v + " has caught up", state -> caughtUp(state, version)));
            steps.add(new Step("switch to " + v, state -> changed(state, Transition.switchTo(id, false))));
            steps.add(new Step("abort " + v, state -> changed(state, Transition.abort(id))));
            steps.add(new Step("retire " + v, state -> changed(state, Transition.retire(id))));
            steps.add(new Step("removal of " + v, state -> removed(state, version)));
            for (int p = 0; p < maxPartitions; p++) {
                int partition = p;
                steps.add(new Step(v + " reads " + p, state -> read(state, version, partition)));
                steps.add(new Step(
                        "offset of " + v + " in " + p + " deleted", state -> offsetDeleted(state, version, partition)));
            }
        }
        return steps;
    }

    private static Optional<State> changed(State state, Transition transition) {
        Catalog before = state.catalog();
        long epoch = before.epoch() + 1;
        try {
            var versions = new ArrayList<>(before.versions());
            for (ViewVersion version : transition.apply(before, epoch, NOW)) {
                versions.removeIf(known -> known.id().equals(version.id()));
                versions.add(version);
            }
            return Optional.of(
                    new State(new Catalog(epoch, versions, List.of(), Map.of()), state.logs(), state.work()));
        } catch (RefusedException refused) {
            return Optional.empty();
        }
    }

    private Optional<State> produced(State state, int partition) {
        if (partition >= state.logs().size() || state.logs().get(partition).end() >= maxRecords) {
            return Optional.empty();
        }
        Log log = state.logs().get(partition);
        return Optional.of(state.with(partition, new Log(log.begin(), log.end() + 1)));
    }

    private static Optional<State> deleted(State state, int partition) {
        if (partition >= state.logs().size()) {
            return Optional.empty();
        }
        Log log = state.logs().get(partition);
        return log.begin() < log.end()
                ? Optional.of(state.with(partition, new Log(log.begin() + 1, log.end())))
                : Optional.empty();
    }

    private Optional<State> partitionAdded(State state) {
        if (state.logs().size() >= maxPartitions) {
            return Optional.empty();
        }
        var logs = new ArrayList<>(state.logs());
        logs.add(new Log(0, 0));
        return Optional.of(new State(state.catalog(), logs, state.work()));
    }

    private Optional<State> planned(State state) {
        int number = state.catalog().nextNumber(VIEW);
        if (number > maxVersions) {
            return Optional.empty();
        }
        var ranges = new ArrayList<ViewVersion.Range>();
        for (int partition = 0; partition < state.logs().size(); partition++) {
            Log log = state.logs().get(partition);
            ranges.add(new ViewVersion.Range(new TopicPartition(TOPIC, partition), log.begin(), log.end()));
        }
        var origin = new ViewVersion.Origin("earliest", ranges, Optional.empty(), Map.of());
        return changed(
                state,
                Transition.plan(ViewVersion.planned(
                        new VersionId(VIEW, number), BLUEPRINT, Optional.of(origin), 1, Optional.empty(), NOW)));
    }

    /** One transaction of the catalog's writer. Who comes late is fenced, or finds another phase. */
    private static Optional<State> replayStarted(State state, int number) {
        var id = new VersionId(VIEW, number);
        return changed(state, Transition.replaying(id)).map(replaying -> {
            Work work = replaying.of(number);
            for (ViewVersion.Range range : replaying
                    .catalog()
                    .version(id)
                    .flatMap(ViewVersion::origin)
                    .orElseThrow()
                    .ranges()) {
                work = work.at(range.partition().partition(), range.start());
            }
            return replaying.with(number, work);
        });
    }

    private static Optional<ViewVersion> version(State state, int number) {
        return state.catalog().version(new VersionId(VIEW, number));
    }

    private Optional<State> started(State state, int number) {
        Optional<ViewVersion> version = version(state, number);
        Work work = state.of(number);
        if (version.isEmpty() || !version.get().phase().isRun() || work.isRunning()) {
            return Optional.empty();
        }
        var inputs = new TreeMap<TopicPartition, PositionCheck.Bounds>((a, b) -> a.partition() - b.partition());
        var committed = new TreeMap<TopicPartition, Long>((a, b) -> a.partition() - b.partition());
        for (int partition = 0; partition < state.logs().size(); partition++) {
            Log log = state.logs().get(partition);
            inputs.put(new TopicPartition(TOPIC, partition), new PositionCheck.Bounds(log.begin(), log.end()));
        }
        work.offsets().forEach((partition, offset) -> committed.put(new TopicPartition(TOPIC, partition), offset));
        Map<TopicPartition, Long> origin = version.get()
                .origin()
                .map(from -> {
                    var starts = new TreeMap<TopicPartition, Long>((a, b) -> a.partition() - b.partition());
                    from.ranges().forEach(range -> starts.put(range.partition(), range.start()));
                    return (Map<TopicPartition, Long>) starts;
                })
                .orElse(Map.of());
        boolean hasResults =
                start == Start.CHECKED && work.applied().values().stream().anyMatch(records -> !records.isEmpty());
        PositionCheck check = PositionCheck.of(inputs, committed, origin, Set.of(), () -> hasResults);
        if (!check.lost().isEmpty()) {
            return Optional.empty();
        }
        Work running = work.running(true);
        State begun = state;
        for (Map.Entry<TopicPartition, Long> begin : check.starts().entrySet()) {
            running = running.at(begin.getKey().partition(), begin.getValue());
        }
        if (!check.starts().isEmpty() && version.get().origin().isEmpty()) {
            var place = new ViewVersion.Origin(
                    "earliest",
                    check.starts().entrySet().stream()
                            .map(begin -> new ViewVersion.Range(begin.getKey(), begin.getValue(), begin.getValue()))
                            .toList(),
                    Optional.empty(),
                    Map.of());
            begun = changed(state, Transition.begins(new VersionId(VIEW, number), place))
                    .orElseThrow();
        }
        return gaps(begun, number, check.gaps()).map(stillThere(number, running));
    }

    /** A replay with a gap has failed, and is not run. */
    private static Function<State, State> stillThere(int number, Work running) {
        return state -> version(state, number).orElseThrow().phase().isRun() ? state.with(number, running) : state;
    }

    private static Optional<State> gaps(State state, int number, List<PositionCheck.Hole> holes) {
        if (holes.isEmpty()) {
            return Optional.of(state);
        }
        return changed(
                state,
                Transition.gaps(
                        new VersionId(VIEW, number),
                        holes.stream()
                                .map(hole -> new ViewVersion.Gap(hole.partition(), hole.from(), hole.to(), NOW))
                                .toList()));
    }

    private static Optional<State> read(State state, int number, int partition) {
        Work work = state.of(number);
        Long offset = work.offsets().get(partition);
        if (!work.isRunning() || offset == null || partition >= state.logs().size()) {
            return Optional.empty();
        }
        Log log = state.logs().get(partition);
        if (offset < log.begin()) {
            var hole = new PositionCheck.Hole(new TopicPartition(TOPIC, partition), offset, log.begin());
            return gaps(state, number, List.of(hole)).map(known -> known.with(number, work.at(partition, log.begin())));
        }
        return offset < log.end()
                ? Optional.of(state.with(number, work.applying(partition, offset)))
                : Optional.empty();
    }

    private static Optional<State> stopped(State state, int number) {
        Work work = state.of(number);
        return work.isRunning() ? Optional.of(state.with(number, work.running(false))) : Optional.empty();
    }

    private static Optional<State> expired(State state, int number) {
        Work work = state.of(number);
        return work.isRunning() || work.offsets().isEmpty()
                ? Optional.empty()
                : Optional.of(state.with(number, new Work(work.began(), Map.of(), work.applied(), false)));
    }

    private static Optional<State> offsetDeleted(State state, int number, int partition) {
        Work work = state.of(number);
        return work.isRunning() || !work.offsets().containsKey(partition)
                ? Optional.empty()
                : Optional.of(state.with(number, work.without(partition)));
    }

    private static Optional<State> caughtUp(State state, int number) {
        Work work = state.of(number);
        boolean isAtEnd = work.isRunning()
                && work.offsets().entrySet().stream()
                        .allMatch(at ->
                                at.getValue() >= state.logs().get(at.getKey()).end());
        return isAtEnd ? changed(state, Transition.caughtUp(new VersionId(VIEW, number))) : Optional.empty();
    }

    /** The group and the topics of a version that is over are deleted once no instance runs it. */
    private static Optional<State> removed(State state, int number) {
        if (state.of(number).isRunning()) {
            return Optional.empty();
        }
        return changed(state, Transition.removed(new VersionId(VIEW, number), true))
                .map(gone -> gone.with(number, Work.NONE));
    }

    /** What is wrong with a state; empty when nothing is. */
    static Optional<String> fault(State state) {
        List<ViewVersion> versions = state.catalog().versions(VIEW);
        if (versions.stream().filter(version -> version.phase() == Phase.ACTIVE).count() != 1) {
            return Optional.of("not one version is active");
        }
        for (ViewVersion version : versions) {
            if (version.phase() == Phase.ACTIVE && version.removed()) {
                return Optional.of("the active version was removed");
            }
            Work work = state.of(version.id().number());
            for (Map.Entry<Integer, List<Long>> applied : work.applied().entrySet()) {
                if (new HashSet<>(applied.getValue()).size()
                        < applied.getValue().size()) {
                    return Optional.of(version.id() + " has applied a record twice: " + applied);
                }
            }
            Optional<String> skipped = skipped(version, work);
            if (skipped.isPresent()) {
                return skipped;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> skipped(ViewVersion version, Work work) {
        for (Map.Entry<Integer, Long> committed : work.offsets().entrySet()) {
            int partition = committed.getKey();
            for (long offset = work.began().getOrDefault(partition, 0L); offset < committed.getValue(); offset++) {
                long record = offset;
                boolean isReported = version.gaps().stream()
                        .anyMatch(gap ->
                                gap.partition().partition() == partition && gap.from() <= record && record < gap.to());
                if (!isReported
                        && !work.applied().getOrDefault(partition, List.of()).contains(record)) {
                    return Optional.of(version.id() + " has skipped offset " + record + " of partition " + partition);
                }
            }
        }
        return Optional.empty();
    }
}
