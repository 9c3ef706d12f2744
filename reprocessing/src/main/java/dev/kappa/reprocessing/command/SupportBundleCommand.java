package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auto.service.AutoService;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.TopicPositions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a zip file with the state of the fleet and the cluster, for support requests. */
@Command(
        name = "support-bundle",
        description = {
            "Writes a zip file for support: fleet, catalog, topics, groups and the answers of an instance.",
            "It holds no records and no secrets. Parts that cannot be collected are listed."
        },
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class SupportBundleCommand implements Subcommand {

    /** Client settings whose values are no secrets. All others are named without their values. */
    private static final Set<String> SHOWN =
            Set.of("bootstrap.servers", "security.protocol", "sasl.mechanism", "client.id", "client.rack");

    /** Addresses whose answers are collected, by name of the file. */
    private static final Map<String, String> OF_INSTANCE = Map.of(
            "instance-views.json",
            "/api/v1/views",
            "instance-health.json",
            "/health",
            "instance-loggers.json",
            "/loggers");

    @Parameters(
            index = "0",
            paramLabel = "FILE",
            description = "The file to write, such as kappa-support.zip; it must not exist.")
    Path file = Path.of("");

    @Spec
    CommandSpec spec = CommandSpec.create();

    private final ObjectNode failures = JsonNodeFactory.instance.objectNode();

    @Override
    public Integer call() throws IOException {
        if (Files.exists(file)) {
            throw CommandException.refused(file + " exists already. Name another file.");
        }
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw CommandException.usage("The folder of " + file + " does not exist. Create it first.");
        }
        var parts = new LinkedHashMap<String, JsonNode>();
        GlobalOptions options = Kappa.globalOptions(spec);
        collect(parts, "software.json", () -> software());
        collect(parts, "settings.json", () -> settings(options));
        try (Session session = Session.open(spec)) {
            Catalog catalog = session.replays().findCatalog().orElse(Catalog.EMPTY);
            collect(parts, "status.json", () -> StatusCommand.status(session));
            collect(parts, "catalog.json", () -> catalog(session, catalog));
            try (Admin admin = session.kafka().admin()) {
                var positions = new TopicPositions(session.kafka(), admin);
                collect(parts, "cluster.json", () -> cluster(admin));
                collect(parts, "topics.json", () -> topics(session.names(), catalog, admin, positions));
                collect(parts, "groups.json", () -> groups(session.names(), catalog, positions));
            }
        } catch (RuntimeException e) {
            fail("status.json, catalog.json, cluster.json, topics.json, groups.json", e);
        }
        OF_INSTANCE.forEach((name, path) -> collect(parts, name, () -> {
            try (var app = new AppClient(options)) {
                return app.get(path, Map.of());
            }
        }));
        parts.put("failures.json", failures);
        try (var zip = new ZipOutputStream(Files.newOutputStream(file, StandardOpenOption.CREATE_NEW))) {
            for (Map.Entry<String, JsonNode> part : parts.entrySet()) {
                zip.putNextEntry(new ZipEntry(part.getKey()));
                zip.write(part.getValue().toPrettyString().getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(file + " has " + String.join(", ", parts.keySet()) + ".");
        failures.properties()
                .forEach(failure -> out.println("Without " + failure.getKey() + ": "
                        + failure.getValue().path("reason").asText()));
        return ExitCode.DONE;
    }

    /** One part that cannot be had does not keep the others from being collected. */
    private void collect(Map<String, JsonNode> parts, String name, Callable<JsonNode> part) {
        try {
            parts.put(name, part.call());
        } catch (Exception e) {
            fail(name, e);
        }
    }

    private void fail(String parts, Exception failure) {
        var trace = new StringWriter();
        failure.printStackTrace(new PrintWriter(trace));
        failures.putObject(parts)
                .put("reason", String.valueOf(failure.getMessage()))
                .put("trace", trace.toString());
    }

    private static ObjectNode software() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        for (String property : List.of("java.version", "java.vendor", "os.name", "os.version", "os.arch")) {
            json.put(property, System.getProperty(property));
        }
        return json.put("kappa", String.join(" ", new Kappa.Version().getVersion()))
                .put("processors", Runtime.getRuntime().availableProcessors())
                .put("maxMemory", Runtime.getRuntime().maxMemory());
    }

    private static ObjectNode settings(GlobalOptions options) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        options.clientConfig()
                .forEach((name, value) -> json.put(name, SHOWN.contains(name) ? String.valueOf(value) : "(not shown)"));
        return json;
    }

    private static ObjectNode catalog(Session session, Catalog catalog) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("epoch", catalog.epoch());
        ArrayNode versions = json.putArray("versions");
        for (ViewVersion version : catalog.versions()) {
            ObjectNode entry = versions.addObject()
                    .put("version", version.id().toString())
                    .put("phase", version.phase().name())
                    .put("fingerprint", version.fingerprint())
                    .put("revision", version.blueprint().revision())
                    .put("detail", version.detail().orElse(null))
                    .put("createdAt", version.createdAt().toString())
                    .put("changedAt", version.changedAt().toString())
                    .put("topology", version.blueprint().topology());
            ObjectNode parameters = entry.putObject("parameters");
            version.blueprint().values().forEach(parameters::put);
        }
        ObjectNode unreadable = json.putObject("unreadable");
        catalog.unreadable().forEach(unreadable::put);
        ArrayNode changes = json.putArray("changes");
        catalog.changes()
                .forEach(change -> changes.addObject()
                        .put("epoch", change.epoch())
                        .put("view", change.view())
                        .put("at", change.at().toString())
                        // Arguments of a command may hold what is nobody's business.
                        .put("operator", change.by().name()));
        return json.put("names", session.names().catalogTopic());
    }

    private static ObjectNode cluster(Admin admin) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        var described = admin.describeCluster();
        json.put("id", TopicPositions.await(described.clusterId()));
        ArrayNode nodes = json.putArray("nodes");
        TopicPositions.await(described.nodes()).forEach(node -> nodes.add(node.toString()));
        ObjectNode features = json.putObject("features");
        TopicPositions.await(admin.describeFeatures().featureMetadata())
                .finalizedFeatures()
                .forEach((name, range) -> features.put(name, range.toString()));
        return json;
    }

    private static Set<String> topics(ClusterNames names, Catalog catalog) {
        var topics = new TreeSet<>(Set.of(names.catalogTopic(), names.instancesTopic()));
        for (ViewVersion version : catalog.versions()) {
            topics.add(names.deadLetterTopic(version.id().view()));
            topics.addAll(version.blueprint().inputTopics());
            if (!version.removed()) {
                topics.add(names.outputTopic(version.id()));
                version.blueprint()
                        .internalTopics()
                        .forEach(topic -> topics.add(names.internalTopic(version.id(), topic)));
            }
        }
        return topics;
    }

    private static ObjectNode topics(ClusterNames names, Catalog catalog, Admin admin, TopicPositions positions) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        List<TopicPartition> partitions = positions.partitionsOfExisting(List.copyOf(topics(names, catalog)));
        Map<TopicPartition, Long> begins = positions.offsets(partitions, OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = positions.offsets(partitions, OffsetSpec.latest());
        Set<String> existing = new TreeSet<>();
        partitions.forEach(partition -> existing.add(partition.topic()));
        Map<String, TopicDescription> described =
                TopicPositions.await(admin.describeTopics(existing).allTopicNames());
        described.forEach((topic, description) -> {
            ObjectNode entry = json.putObject(topic);
            entry.put("id", description.topicId().toString());
            ArrayNode list = entry.putArray("partitions");
            description.partitions().forEach(partition -> {
                var of = new TopicPartition(topic, partition.partition());
                list.addObject()
                        .put("partition", partition.partition())
                        .put("leader", String.valueOf(partition.leader()))
                        .put("replicas", partition.replicas().size())
                        .put("inSync", partition.isr().size())
                        .put("begin", begins.get(of))
                        .put("end", ends.get(of));
            });
            ObjectNode settings = entry.putObject("settings");
            var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            TopicPositions.await(admin.describeConfigs(List.of(resource)).all()).values().stream()
                    .flatMap(config -> config.entries().stream())
                    .filter(setting -> !setting.isDefault() && !setting.isSensitive())
                    .forEach(setting -> settings.put(setting.name(), setting.value()));
        });
        return json;
    }

    private static ObjectNode groups(ClusterNames names, Catalog catalog, TopicPositions positions) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        catalog.versions().stream()
                .filter(version -> !version.removed())
                .map(version -> names.applicationId(version.id()))
                .forEach(group -> {
                    ObjectNode offsets = json.putObject(group);
                    positions.committed(group).entrySet().stream()
                            .sorted(Map.Entry.comparingByKey(TopicPositions.BY_TOPIC_AND_NUMBER))
                            .forEach(offset -> offsets.put(offset.getKey().toString(), offset.getValue()));
                });
        return json;
    }
}
