package dev.kappa.reprocessing.catalog;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.InMemorySchemaRegistry;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.Sha256;
import dev.kappa.topologies.BuiltTopology;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.InputSettings;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import dev.kappa.topologies.input.InputObserver;
import dev.kappa.topologies.serde.ConfiguredSerdes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.kafka.streams.TopologyDescription;

/**
 * The parts of a version that decide its results. Two versions with the same {@link #fingerprint} compute the same results from the same
 * input.
 *
 * @param revision the definition's
 * @param parameters every parameter, in the definition's order
 * @param inputs the topics it reads
 * @param stores the stores that can be queried
 * @param outputKeySchema Avro schema of the output's keys
 * @param outputValueSchema Avro schema of the output's values
 * @param topology description of the topology, with {@value #OUTPUT} for the output topic
 * @param internalTopics its internal topics, without the application id that stands before their names
 */
public record Blueprint(
        int revision,
        List<ParameterSetting> parameters,
        List<InputTopic> inputs,
        List<StoreTypes> stores,
        String outputKeySchema,
        String outputValueSchema,
        String topology,
        List<String> internalTopics) {

    private static final String OUTPUT = "OUTPUT";

    /** A parameter's value; given is whether it was set, or is the default. */
    public record ParameterSetting(String name, String value, boolean given) {}

    /** A topic that is read, as a table or as a stream. */
    public record InputTopic(String topic, boolean table) {}

    /** A store and its types. */
    public record StoreTypes(String name, String kind, String keySchema, String valueSchema) {}

    public Blueprint {
        parameters = List.copyOf(parameters);
        inputs = List.copyOf(inputs);
        stores = List.copyOf(stores);
        internalTopics = List.copyOf(internalTopics);
    }

    /**
     * The blueprint of a version that a definition makes.
     *
     * @param definition the code
     * @param settings the parameters that are set, as text
     * @throws IllegalArgumentException when a parameter does not exist or a value is not allowed
     */
    public static Blueprint of(ViewDefinition definition, Map<String, String> settings) {
        ParameterValues values = ParameterValues.of(definition, settings);
        var parameters = new ArrayList<ParameterSetting>();
        values.asText()
                .forEach(
                        (name, value) -> parameters.add(new ParameterSetting(name, value, settings.containsKey(name))));
        TopologyDescription description = built(definition, values).topology().describe();
        return new Blueprint(
                definition.revision(),
                parameters,
                definition.inputs().stream()
                        .map(input -> new InputTopic(input.topic(), input.role() == Input.Role.TABLE))
                        .toList(),
                definition.stores().stream()
                        .map(store -> new StoreTypes(
                                store.name(),
                                store.kind().text(),
                                store.key().schema().toString(),
                                store.valueSchema().toString()))
                        .toList(),
                definition.output().key().schema().toString(),
                definition.output().value().schema().toString(),
                description + declarations(definition),
                internalTopics(definition, description));
    }

    /** The repartition topics among its internal topics. */
    public List<String> repartitionTopics() {
        return internalTopics.stream()
                .filter(topic -> topic.endsWith("-repartition"))
                .toList();
    }

    /** The declarations of inputs that differ from the default: the topology does not show them. */
    private static String declarations(ViewDefinition definition) {
        return definition.inputs().stream()
                .filter(input -> !input.settings().equals(InputSettings.DEFAULT)
                        || !input.only().isEmpty())
                .map(input -> "   Input: " + input.topic() + " key="
                        + input.settings().keying() + " max-ahead="
                        + input.settings().maxAhead() + " other-types="
                        + input.settings().otherTypes()
                        + input.only().stream()
                                .map(only -> " only " + only.field() + "=" + only.value())
                                .sorted()
                                .collect(Collectors.joining())
                        + "\n")
                .collect(Collectors.joining());
    }

    /**
     * How much older input than its own time a result of a version needs; empty when it may need the whole history.
     *
     * @param settings the parameters that are set, as text
     */
    public static Optional<Duration> lookBack(ViewDefinition definition, Map<String, String> settings) {
        return built(definition, ParameterValues.of(definition, settings)).lookBack();
    }

    private static BuiltTopology built(ViewDefinition definition, ParameterValues values) {
        try (var registry = new InMemorySchemaRegistry()) {
            Map<String, Object> settings =
                    Map.of(AvroSerdeConfig.URL, "http://unused", AvroSerdeConfig.CLIENT, registry);
            var serdes = new ConfiguredSerdes(dev.kappa.avro.AvroSerde.class, settings);
            return ViewTopology.build(definition, values, OUTPUT, serdes, InputObserver.NONE);
        }
    }

    /** Every topic of the topology that is neither input nor output, and a changelog for every store. */
    private static List<String> internalTopics(ViewDefinition definition, TopologyDescription description) {
        Set<String> foreign = definition.inputs().stream().map(Input::topic).collect(Collectors.toSet());
        foreign.add(OUTPUT);
        var internal = new TreeSet<String>();
        description.subtopologies().stream()
                .map(TopologyDescription.Subtopology::nodes)
                .flatMap(Collection::stream)
                .forEach(node -> {
                    switch (node) {
                        case TopologyDescription.Source source -> internal.addAll(source.topicSet());
                        case TopologyDescription.Sink sink when sink.topic() != null -> internal.add(sink.topic());
                        case TopologyDescription.Processor processor ->
                            processor.stores().stream()
                                    .filter(ViewTopology::hasChangelog)
                                    .forEach(store -> internal.add(ClusterNames.changelog(store)));
                        default -> {}
                    }
                });
        internal.removeAll(foreign);
        return List.copyOf(internal);
    }

    /** SHA-256 over revision, parameter values, topology, and the schemas of stores and output, in hexadecimal. */
    public String fingerprint() {
        var text = new StringBuilder("revision ").append(revision).append('\n');
        parameters.forEach(parameter -> line(text, "parameter", parameter.name(), parameter.value()));
        stores.forEach(
                store -> line(text, "store", store.name(), store.kind(), store.keySchema(), store.valueSchema()));
        line(text, "output", outputKeySchema, outputValueSchema);
        text.append(topology);
        return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void line(StringBuilder text, String... parts) {
        text.append(String.join(" ", parts)).append('\n');
    }

    /** The parameters that were set. */
    public Map<String, String> given() {
        var given = new LinkedHashMap<String, String>();
        parameters.stream()
                .filter(ParameterSetting::given)
                .forEach(parameter -> given.put(parameter.name(), parameter.value()));
        return given;
    }

    /** All parameters as text, by name. */
    public Map<String, String> values() {
        var values = new LinkedHashMap<String, String>();
        parameters.forEach(parameter -> values.put(parameter.name(), parameter.value()));
        return values;
    }

    /** The differences of another blueprint from this one, a line each, for people; empty when they are equal. */
    public List<String> differences(Blueprint other) {
        var lines = new ArrayList<String>();
        if (revision != other.revision) {
            lines.add("revision: " + revision + " -> " + other.revision);
        }
        compare(lines, "parameter ", values(), other.values());
        compare(lines, "input ", inputsByTopic(), other.inputsByTopic());
        var mine = byName(stores);
        var theirs = byName(other.stores);
        for (String name : union(mine.keySet(), theirs.keySet())) {
            StoreTypes before = mine.get(name);
            StoreTypes after = theirs.get(name);
            if (before == null || after == null) {
                lines.add("store " + name + (before == null ? ": added" : ": removed"));
            } else {
                compare(lines, "store ", Map.of(name, before.kind()), Map.of(name, after.kind()));
                schemas(lines, "store " + name + ": key", before.keySchema(), after.keySchema());
                schemas(lines, "store " + name + ": value", before.valueSchema(), after.valueSchema());
            }
        }
        schemas(lines, "output: key", outputKeySchema, other.outputKeySchema);
        schemas(lines, "output: value", outputValueSchema, other.outputValueSchema);
        var nodes = new TreeSet<>(nodes(topology));
        var otherNodes = new TreeSet<>(nodes(other.topology));
        nodes.stream().filter(node -> !otherNodes.contains(node)).forEach(node -> lines.add("topology: - " + node));
        otherNodes.stream().filter(node -> !nodes.contains(node)).forEach(node -> lines.add("topology: + " + node));
        if (lines.isEmpty() && !fingerprint().equals(other.fingerprint())) {
            lines.add("the order of parameters, stores or nodes of the topology");
        }
        return lines;
    }

    /** The topics that are read, each once. */
    public List<String> inputTopics() {
        return inputs.stream().map(InputTopic::topic).distinct().toList();
    }

    private Map<String, String> inputsByTopic() {
        return inputs.stream()
                .collect(Collectors.toMap(InputTopic::topic, input -> input.table() ? "table" : "stream", (a, _) -> a));
    }

    private static Map<String, StoreTypes> byName(List<StoreTypes> stores) {
        return stores.stream().collect(Collectors.toMap(StoreTypes::name, store -> store, (a, _) -> a));
    }

    private static Set<String> union(Set<String> a, Set<String> b) {
        var union = new TreeSet<>(a);
        union.addAll(b);
        return union;
    }

    private static void compare(
            List<String> lines, String what, Map<String, String> before, Map<String, String> after) {
        for (String name : union(before.keySet(), after.keySet())) {
            String old = before.getOrDefault(name, "(none)");
            String now = after.getOrDefault(name, "(none)");
            if (!old.equals(now)) {
                lines.add(what + name + ": " + old + " -> " + now);
            }
        }
    }

    private static void schemas(List<String> lines, String what, String before, String after) {
        if (before.equals(after)) {
            return;
        }
        int known = lines.size();
        compare(lines, what + " field ", fields(before), fields(after));
        if (lines.size() == known) {
            lines.add(what + ": its schema differs in more than names and types of fields, such as documentation");
        }
    }

    private static Map<String, String> fields(String schema) {
        Schema parsed = new Schema.Parser().parse(schema);
        if (parsed.getType() != Schema.Type.RECORD) {
            return Map.of("(value)", parsed.getType().getName());
        }
        return parsed.getFields().stream()
                .collect(Collectors.toMap(
                        Schema.Field::name, field -> field.schema().toString(), (a, _) -> a));
    }

    /** The lines that describe nodes, each with what it sends to. */
    private static List<String> nodes(String topology) {
        var nodes = new ArrayList<String>();
        for (String line : topology.lines().map(String::strip).toList()) {
            if (line.startsWith("Input:")
                    || line.startsWith("Source:")
                    || line.startsWith("Processor:")
                    || line.startsWith("Sink:")) {
                nodes.add(line);
            } else if (line.startsWith("-->") && !nodes.isEmpty()) {
                nodes.add(Objects.requireNonNull(nodes.removeLast()) + " " + line);
            }
        }
        return nodes;
    }
}
