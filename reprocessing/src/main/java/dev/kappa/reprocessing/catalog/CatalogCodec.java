package dev.kappa.reprocessing.catalog;

import dev.kappa.avro.AvroDeserializer;
import dev.kappa.avro.AvroSerializer;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.catalog.BlueprintRecord;
import dev.kappa.catalog.CatalogRecord;
import dev.kappa.catalog.ChangeRecord;
import dev.kappa.catalog.GapRecord;
import dev.kappa.catalog.InputProblemRecord;
import dev.kappa.catalog.InputRecord;
import dev.kappa.catalog.OriginRecord;
import dev.kappa.catalog.ParameterRecord;
import dev.kappa.catalog.RangeRecord;
import dev.kappa.catalog.StepRecord;
import dev.kappa.catalog.StoreRecord;
import dev.kappa.catalog.VersionRecord;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.input.InputProblem;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.SerializationException;

/** Between the catalog's records as Avro bytes and as values. Not thread-safe. */
final class CatalogCodec implements AutoCloseable {

    /** The newest format this software understands. */
    private static final int FORMAT = 1;

    private final String topic;
    private final AvroSerializer<CatalogRecord> serializer = new AvroSerializer<>();
    private final AvroDeserializer<Object> deserializer = new AvroDeserializer<>();

    CatalogCodec(String topic, KafkaSettings settings, SchemaRegistry registry) {
        this.topic = topic;
        Map<String, Object> own = settings.serde(registry, true);
        serializer.configure(own, false);
        deserializer.configure(own, false);
    }

    byte[] encode(ViewVersion version) {
        return encode(toRecord(version));
    }

    byte[] encode(CatalogChange change) {
        return encode(toRecord(change));
    }

    private byte[] encode(Object body) {
        return Objects.requireNonNull(serializer.serialize(topic, new CatalogRecord(FORMAT, body)));
    }

    /**
     * A version or a change.
     *
     * @throws SerializationException when the bytes are no such record, or one that newer software wrote
     * @throws dev.kappa.avro.SchemaRegistryUnavailableException when the registry is unavailable
     */
    Object decode(byte[] bytes) {
        if (!(deserializer.deserialize(topic, bytes) instanceof CatalogRecord found)) {
            throw new SerializationException("It is a record of another kind");
        }
        if (found.getFormat() > FORMAT) {
            throw new SerializationException(
                    "It has format " + found.getFormat() + "; this software knows " + FORMAT + ". Upgrade it.");
        }
        try {
            return switch (found.getBody()) {
                case VersionRecord version -> toVersion(version);
                case ChangeRecord change -> toChange(change);
                default -> throw new SerializationException("It is neither a version nor a change");
            };
        } catch (IllegalArgumentException e) {
            // Such as a phase that this software does not know.
            throw new SerializationException(e.getMessage(), e);
        }
    }

    private static VersionRecord toRecord(ViewVersion version) {
        return VersionRecord.newBuilder()
                .setView(version.id().view())
                .setNumber(version.id().number())
                .setPhase(version.phase().name())
                .setFingerprint(version.fingerprint())
                .setBlueprint(toRecord(version.blueprint()))
                .setOrigin(version.origin().map(CatalogCodec::toRecord).orElse(null))
                .setOutputPartitions(version.outputPartitions())
                .setRestarts(version.restarts())
                .setMaxRate(version.maxRate().orElse(null))
                .setActiveSince(version.activeSince())
                .setRemoved(version.removed())
                .setOutputRemoved(version.outputRemoved())
                .setDetail(version.detail().orElse(null))
                .setInputProblems(version.inputProblems().stream()
                        .map(found -> new InputProblemRecord(
                                found.topic(), found.problem().name(), found.example()))
                        .toList())
                .setGaps(version.gaps().stream()
                        .map(gap -> new GapRecord(
                                gap.partition().topic(),
                                gap.partition().partition(),
                                gap.from(),
                                gap.to(),
                                gap.foundAt()))
                        .toList())
                .setCreatedAt(version.createdAt())
                .setChangedAt(version.changedAt())
                .build();
    }

    private static ViewVersion toVersion(VersionRecord found) {
        return new ViewVersion(
                new VersionId(found.getView(), found.getNumber()),
                Phase.valueOf(found.getPhase()),
                toBlueprint(found.getBlueprint()),
                found.getFingerprint(),
                Optional.ofNullable(found.getOrigin()).map(CatalogCodec::toOrigin),
                found.getOutputPartitions(),
                found.getRestarts(),
                Optional.ofNullable(found.getMaxRate()),
                found.getActiveSince(),
                found.getRemoved(),
                found.getOutputRemoved(),
                Optional.ofNullable(found.getDetail()),
                found.getInputProblems().stream()
                        .map(problem -> new ViewVersion.FoundProblem(
                                problem.getTopic(), InputProblem.valueOf(problem.getProblem()), problem.getExample()))
                        .toList(),
                found.getGaps().stream()
                        .map(gap -> new ViewVersion.Gap(
                                new TopicPartition(gap.getTopic(), gap.getPartition()),
                                gap.getFrom(),
                                gap.getTo(),
                                gap.getFoundAt()))
                        .toList(),
                found.getCreatedAt(),
                found.getChangedAt());
    }

    private static BlueprintRecord toRecord(Blueprint blueprint) {
        return new BlueprintRecord(
                blueprint.revision(),
                blueprint.parameters().stream()
                        .map(parameter -> new ParameterRecord(parameter.name(), parameter.value(), parameter.given()))
                        .toList(),
                blueprint.inputs().stream()
                        .map(input -> new InputRecord(input.topic(), input.table()))
                        .toList(),
                blueprint.stores().stream()
                        .map(store ->
                                new StoreRecord(store.name(), store.kind(), store.keySchema(), store.valueSchema()))
                        .toList(),
                blueprint.outputKeySchema(),
                blueprint.outputValueSchema(),
                blueprint.topology(),
                blueprint.internalTopics());
    }

    private static Blueprint toBlueprint(BlueprintRecord found) {
        return new Blueprint(
                found.getRevision(),
                found.getParameters().stream()
                        .map(parameter -> new Blueprint.ParameterSetting(
                                parameter.getName(), parameter.getValue(), parameter.getGiven()))
                        .toList(),
                found.getInputs().stream()
                        .map(input -> new Blueprint.InputTopic(input.getTopic(), input.getTable()))
                        .toList(),
                found.getStores().stream()
                        .map(store -> new Blueprint.StoreTypes(
                                store.getName(), store.getKind(), store.getKeySchema(), store.getValueSchema()))
                        .toList(),
                found.getOutputKeySchema(),
                found.getOutputValueSchema(),
                found.getTopology(),
                found.getInternalTopics());
    }

    private static OriginRecord toRecord(ViewVersion.Origin origin) {
        return new OriginRecord(
                origin.from(),
                origin.ranges().stream()
                        .map(range -> new RangeRecord(
                                range.partition().topic(), range.partition().partition(), range.start(), range.end()))
                        .toList(),
                origin.completeFrom().orElse(null),
                origin.topicIds());
    }

    private static ViewVersion.Origin toOrigin(OriginRecord found) {
        return new ViewVersion.Origin(
                found.getFrom(),
                found.getRanges().stream()
                        .map(range -> new ViewVersion.Range(
                                new TopicPartition(range.getTopic(), range.getPartition()),
                                range.getStart(),
                                range.getEnd()))
                        .toList(),
                Optional.ofNullable(found.getCompleteFrom()),
                found.getTopicIds());
    }

    private static ChangeRecord toRecord(CatalogChange change) {
        return ChangeRecord.newBuilder()
                .setId(change.id())
                .setEpoch(change.epoch())
                .setView(change.view())
                .setAt(change.at())
                .setOperator(change.by().name())
                .setHost(change.by().host())
                .setClaimed(change.by().claimed().orElse(null))
                .setCommand(change.command())
                .setSteps(change.steps().stream()
                        .map(step -> new StepRecord(
                                step.version(),
                                step.before().map(Phase::name).orElse(null),
                                step.after().name(),
                                step.note().orElse(null)))
                        .toList())
                .setPrevious(change.previous().orElse(null))
                .build();
    }

    private static CatalogChange toChange(ChangeRecord found) {
        return new CatalogChange(
                found.getId(),
                found.getEpoch(),
                found.getView(),
                found.getAt(),
                new CatalogChange.Operator(
                        found.getOperator(), found.getHost(), Optional.ofNullable(found.getClaimed())),
                found.getCommand(),
                found.getSteps().stream()
                        .map(step -> new CatalogChange.Step(
                                step.getVersion(),
                                Optional.ofNullable(step.getBefore()).map(Phase::valueOf),
                                Phase.valueOf(step.getAfter()),
                                Optional.ofNullable(step.getNote())))
                        .toList(),
                Optional.ofNullable(found.getPrevious()));
    }

    @Override
    public void close() {
        serializer.close();
        deserializer.close();
    }
}
