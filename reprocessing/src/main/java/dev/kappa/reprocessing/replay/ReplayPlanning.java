package dev.kappa.reprocessing.replay;

import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.TopicPositions;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;

/** Makes plans of replays from the catalog, the definitions and where the inputs begin and end. Changes nothing. Thread-safe. */
final class ReplayPlanning {

    private final ClusterNames names;
    private final Definitions definitions;
    private final ReplaySettings replaySettings;
    private final TopicPositions topics;

    ReplayPlanning(ClusterNames names, Definitions definitions, ReplaySettings replaySettings, TopicPositions topics) {
        this.names = names;
        this.definitions = definitions;
        this.replaySettings = replaySettings;
        this.topics = topics;
    }

    /**
     * Plans a replay. Changes nothing.
     *
     * @throws RefusedException when the history does not reach back far enough and that was not allowed
     * @throws IllegalArgumentException when a parameter does not exist or a value is not allowed
     */
    ReplayPlan plan(Catalog catalog, Replays.Request request) {
        String view = request.view();
        VersionChoice.versions(catalog, view);
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
        Optional<Duration> lookBack = Blueprint.lookBack(definition, chosen);
        // The ids first: a topic that is created again meanwhile has another one than the plan.
        Map<String, String> topicIds = topics.ids(blueprint.inputTopics());
        ReplayPlan.Reading reading = ReplayPlan.reading(
                request.from(), lookBack, facts(blueprint, ahead(definition, chosen), request.from(), lookBack));
        if (!reading.truncated().isEmpty() && !request.allowTruncated()) {
            throw new RefusedException("The history is not complete from "
                    + request.from().text()
                    + lookBack.map(time -> " less the look-back of " + time).orElse("") + ". "
                    + String.join(". ", reading.truncated())
                    + ". Results "
                    + reading.completeFrom().map(time -> "before " + time + " ").orElse("")
                    + "would be incomplete. Give --allow-truncated to accept that.");
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
                topicIds,
                reading.truncated());
    }

    /** How far events of each input may be dated ahead of their records. */
    private static Map<String, Duration> ahead(ViewDefinition definition, Map<String, String> chosen) {
        ParameterValues values = ParameterValues.of(definition, chosen);
        var ahead = new HashMap<String, Duration>();
        definition
                .inputs()
                .forEach(input -> ahead.merge(
                        input.topic(),
                        values.input(input).settings().maxAhead(),
                        (a, b) -> a.compareTo(b) > 0 ? a : b));
        return ahead;
    }

    private List<ReplayPlan.Facts> facts(
            Blueprint blueprint, Map<String, Duration> ahead, StartPosition from, Optional<Duration> lookBack) {
        Map<TopicPartition, Boolean> tables = new LinkedHashMap<>();
        for (Blueprint.InputTopic input : blueprint.inputs()) {
            topics.partitions(List.of(input.topic())).forEach(partition -> tables.put(partition, input.table()));
        }
        Map<TopicPartition, Long> begins = topics.offsets(tables.keySet(), OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = topics.offsets(tables.keySet(), OffsetSpec.latest());
        Map<TopicPartition, Instant> oldest = topics.oldest(tables.keySet());
        var targetTimes = new HashMap<TopicPartition, OffsetSpec>();
        if (from instanceof StartPosition.At at && lookBack.isPresent()) {
            for (TopicPartition partition : tables.keySet()) {
                Instant start =
                        ReplayPlan.startOf(at, lookBack.get(), ahead.getOrDefault(partition.topic(), Duration.ZERO));
                targetTimes.put(partition, OffsetSpec.forTimestamp(start.toEpochMilli()));
            }
        }
        Map<TopicPartition, Long> targets = topics.offsets(targetTimes);
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
                            size == null ? OptionalLong.empty() : OptionalLong.of(size),
                            ahead.getOrDefault(partition.topic(), Duration.ZERO));
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
}
