package dev.kappa.app.topics;

import static java.util.stream.Collectors.toSet;

import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.reprocessing.catalog.MatchedVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.TopicCreator;
import dev.kappa.reprocessing.cluster.TopicSettings;
import dev.kappa.reprocessing.fleet.Reporter;
import dev.kappa.topologies.Input;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates the topics of versions, and corrects the settings that results depend on. Thread-safe. */
public final class TopicManager {

    private static final Logger log = LoggerFactory.getLogger(TopicManager.class);

    private final Admin admin;
    private final KappaConfig.Topics config;
    private final ClusterNames names;

    public TopicManager(Admin admin, KappaConfig.Topics config, ClusterNames names) {
        this.admin = admin;
        this.config = config;
        this.names = names;
    }

    /**
     * Creates the topics through which instances act together: the catalog and their reports.
     *
     * @return what was done
     * @throws ExecutionException when the cluster refuses or cannot be asked
     */
    public TopicPlan prepareShared() throws ExecutionException, InterruptedException {
        TopicPlan plan = planShared();
        carryOut(plan);
        return plan;
    }

    /** The changes that {@link #prepareShared} would make. */
    TopicPlan planShared() throws ExecutionException, InterruptedException {
        var needed = new LinkedHashMap<String, TopicPlan.Needed>();
        put(needed, names.catalogTopic(), 1, TopicSettings.compacted(config.maxMessageBytes()), TopicPlan.Owner.KAPPA);
        put(needed, names.instancesTopic(), 1, Reporter.topicSettings(), TopicPlan.Owner.KAPPA);
        return TopicPlan.of(
                List.copyOf(needed.values()), existing(List.copyOf(needed.keySet()), needed.keySet()), List.of());
    }

    /**
     * Creates what is missing and corrects what can be corrected.
     *
     * @param versions the versions that will run
     * @return what was done
     * @throws ConfigurationException when a topic is such that a version cannot run
     * @throws ExecutionException when the cluster refuses or cannot be asked
     */
    public TopicPlan prepare(List<MatchedVersion> versions) throws ExecutionException, InterruptedException {
        TopicPlan plan = plan(versions);
        carryOut(plan);
        return plan;
    }

    /**
     * The changes that {@link #prepare} would make.
     *
     * @throws ConfigurationException when a topic is such that a version cannot run
     */
    TopicPlan plan(List<MatchedVersion> versions) throws ExecutionException, InterruptedException {
        List<TopicPlan.Needed> needed = needed(versions);
        List<String> topicNames = needed.stream().map(TopicPlan.Needed::name).toList();
        List<TopicPlan.CoPartitioned> coPartitioned = versions.stream()
                .flatMap(version -> coPartitioned(version).stream())
                .toList();
        TopicPlan plan = TopicPlan.of(needed, existing(topicNames, owned(needed)), coPartitioned);
        if (!plan.refusals().isEmpty()) {
            throw new ConfigurationException(String.join(System.lineSeparator(), plan.refusals()));
        }
        return plan;
    }

    private List<TopicPlan.Needed> needed(Collection<MatchedVersion> versions) {
        var needed = new LinkedHashMap<String, TopicPlan.Needed>();
        TopicPlan.Owner inputs = config.createInputs() ? TopicPlan.Owner.PRODUCER_CREATE : TopicPlan.Owner.PRODUCER;
        for (MatchedVersion version : versions) {
            for (Input<?> input : version.definition().inputs()) {
                // On an input the broker's bound on future times protects its other readers too.
                var settings = new TreeMap<>(TopicSettings.keepsAnyTime());
                settings.remove(TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG);
                settings.put(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        input.role() == Input.Role.TABLE
                                ? TopicConfig.CLEANUP_POLICY_COMPACT
                                : TopicConfig.CLEANUP_POLICY_DELETE);
                if (input.role() == Input.Role.TABLE
                        && input.schema().eventTime().isPresent()) {
                    // A replay looks up old values of a table as of an event's time, also years later.
                    settings.put(TopicConfig.MIN_COMPACTION_LAG_MS_CONFIG, String.valueOf(Long.MAX_VALUE));
                }
                put(needed, input.topic(), config.partitions(), settings, inputs);
            }
            put(
                    needed,
                    names.outputTopic(version.id()),
                    version.version().outputPartitions(),
                    TopicSettings.compacted(config.maxMessageBytes()),
                    TopicPlan.Owner.KAPPA);
            var letters = new TreeMap<>(TopicSettings.compacted(config.maxMessageBytes()));
            letters.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
            put(
                    needed,
                    names.deadLetterTopic(version.id().view()),
                    config.partitions(),
                    letters,
                    TopicPlan.Owner.KAPPA);
        }
        return List.copyOf(needed.values());
    }

    private static void put(
            Map<String, TopicPlan.Needed> needed,
            String topic,
            int partitions,
            Map<String, String> settings,
            TopicPlan.Owner owner) {
        needed.put(topic, new TopicPlan.Needed(topic, partitions, settings, owner));
    }

    private static List<TopicPlan.CoPartitioned> coPartitioned(MatchedVersion version) {
        // Those that go through a repartition topic are brought together there.
        return version.definition().inputs().stream()
                .filter(input -> !version.parameters().isRekeyed(input))
                .flatMap(input -> input.joinedWith().stream()
                        .map(other -> new TopicPlan.CoPartitioned(version.id().view(), List.of(input.topic(), other))))
                .toList();
    }

    private static Set<String> owned(List<TopicPlan.Needed> needed) {
        return needed.stream()
                .filter(topic -> topic.owner() == TopicPlan.Owner.KAPPA)
                .map(TopicPlan.Needed::name)
                .collect(toSet());
    }

    /** Topics as they are; settings only of those that Kappa owns, since it needs no right to see those of others. */
    private Map<String, TopicPlan.Existing> existing(List<String> topicNames, Set<String> owned)
            throws ExecutionException, InterruptedException {
        Map<String, Integer> partitions = new HashMap<>();
        for (var description :
                admin.describeTopics(topicNames).topicNameValues().entrySet()) {
            try {
                TopicDescription found = allowed("Describe", description.getKey(), description.getValue());
                partitions.put(found.name(), found.partitions().size());
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException)) {
                    throw e;
                }
            }
        }
        var existing = new HashMap<String, TopicPlan.Existing>();
        partitions.forEach((topic, count) -> existing.put(topic, new TopicPlan.Existing(count, Map.of())));
        List<ConfigResource> resources = partitions.keySet().stream()
                .filter(owned::contains)
                .map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic))
                .toList();
        for (Map.Entry<ConfigResource, KafkaFuture<Config>> described :
                admin.describeConfigs(resources).values().entrySet()) {
            String topic = described.getKey().name();
            var values = new HashMap<String, String>();
            allowed("DescribeConfigs", topic, described.getValue())
                    .entries()
                    .forEach(entry -> values.put(entry.name(), entry.value()));
            existing.put(topic, new TopicPlan.Existing(partitions.getOrDefault(topic, 0), values));
        }
        return existing;
    }

    /** Waits for the cluster's answer; a refusal says which operation was not authorized on which resource. */
    private static <T> T allowed(String operation, String topic, KafkaFuture<T> answer)
            throws ExecutionException, InterruptedException {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AuthorizationException) {
                throw new ConfigurationException("This client is not authorized for " + operation + " on topic " + topic
                        + ". Allow it to the user of this app: " + e.getCause().getMessage());
            }
            throw e;
        }
    }

    void carryOut(TopicPlan plan) throws ExecutionException, InterruptedException {
        try {
            List<String> created = new TopicCreator(admin)
                    .create(plan.create().stream()
                            .map(topic -> new NewTopic(topic.name(), topic.partitions(), config.replicationFactor())
                                    .configs(topic.settings()))
                            .toList());
            plan.create().stream()
                    .filter(topic -> created.contains(topic.name()))
                    .forEach(topic -> log.info(
                            "Created topic: topic={} partitions={} cleanup={}",
                            topic.name(),
                            topic.partitions(),
                            topic.settings().get(TopicConfig.CLEANUP_POLICY_CONFIG)));
        } catch (TopicCreator.TopicCreationException e) {
            if (e.getCause() instanceof RetriableException) {
                throw new ExecutionException(e.getCause());
            }
            throw new ConfigurationException(e.getMessage() + " (see kappa.topics.*)");
        }
        var alterations = new HashMap<ConfigResource, Collection<AlterConfigOp>>();
        plan.alter().forEach((topic, settings) -> {
            log.warn("Corrected topic: topic={} settings={}", topic, settings);
            alterations.put(
                    new ConfigResource(ConfigResource.Type.TOPIC, topic),
                    settings.entrySet().stream()
                            .map(setting -> new AlterConfigOp(
                                    new ConfigEntry(setting.getKey(), setting.getValue()), AlterConfigOp.OpType.SET))
                            .toList());
        });
        for (var altered : admin.incrementalAlterConfigs(alterations).values().entrySet()) {
            allowed("AlterConfigs", altered.getKey().name(), altered.getValue());
        }
    }
}
