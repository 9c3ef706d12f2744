package dev.kappa.app.topics;

import dev.kappa.app.config.KappaConfig;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.catalog.MatchedVersion;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.ReportSignatures;
import dev.kappa.reprocessing.replay.ReplaySettings;
import dev.kappa.reprocessing.replay.Replays;
import dev.kappa.topologies.ViewDefinition;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;

/**
 * Sees to the topics of all that instances of this build would run, without running it: for clusters where instances may not
 * create topics. Internal topics are not among them; Kafka Streams makes those itself.
 */
public final class TopicProvisioning {

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(15);

    private TopicProvisioning() {}

    /**
     * The changes that were made, or would be.
     *
     * @param created names of topics
     * @param corrected settings, by topic
     */
    public record Outcome(List<String> created, Map<String, Map<String, String>> corrected) {}

    /**
     * Creates what is missing and corrects what results depend on.
     *
     * @param dryRun whether only to say what would be done
     * @throws dev.kappa.app.config.ConfigurationException when a topic is such that a version cannot run
     * @throws ExecutionException when the cluster refuses or does not answer
     */
    public static Outcome provision(KappaConfig config, boolean dryRun)
            throws ExecutionException, InterruptedException {
        var kafka = new KafkaSettings(KafkaSettings.bounded(config.kafka(), LONGEST_WAIT));
        var names = new ClusterNames(config.prefix());
        Definitions definitions = Definitions.discover(config.samples());
        try (Admin admin = kafka.admin();
                var registry = new HttpSchemaRegistry(AvroSerdeConfig.from(config.kafka()));
                var replays = new Replays(
                        kafka,
                        names,
                        registry,
                        definitions,
                        new ReplaySettings(
                                config.replayMaxLag(), config.topics().partitions(), Optional.empty()),
                        InstantSource.system(),
                        ReportSignatures.NONE)) {
            var topics = new TopicManager(admin, config.topics(), names);
            TopicPlan shared = topics.planShared();
            TopicPlan ofVersions = topics.plan(
                    versions(config, definitions, replays.findCatalog().orElse(Catalog.EMPTY)));
            if (!dryRun) {
                topics.carryOut(shared);
                topics.carryOut(ofVersions);
            }
            var created = new ArrayList<String>();
            shared.create().forEach(topic -> created.add(topic.name()));
            ofVersions.create().forEach(topic -> created.add(topic.name()));
            var corrected = new TreeMap<>(shared.alter());
            corrected.putAll(ofVersions.alter());
            return new Outcome(created, corrected);
        }
    }

    /** Those that run, and the first ones of views that the catalog does not know yet. */
    private static List<MatchedVersion> versions(KappaConfig config, Definitions definitions, Catalog catalog) {
        var versions = new ArrayList<MatchedVersion>();
        catalog.versions().stream()
                .filter(version -> version.phase().isRun())
                .forEach(version -> definitions.match(version).ifPresent(versions::add));
        for (ViewDefinition definition : definitions.all()) {
            String view = definition.name();
            if (catalog.versions(view).isEmpty() && !catalog.unreadable().containsKey(view)) {
                Blueprint blueprint = Blueprint.of(definition, config.views().getOrDefault(view, Map.of()));
                ViewVersion first = ViewVersion.planned(
                        new VersionId(view, 1),
                        blueprint,
                        Optional.empty(),
                        config.topics().partitions(),
                        Optional.empty(),
                        InstantSource.system().instant());
                definitions.match(first).ifPresent(versions::add);
            }
        }
        return versions;
    }
}
