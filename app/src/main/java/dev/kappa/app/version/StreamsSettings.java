package dev.kappa.app.version;

import dev.kappa.app.config.KappaConfig;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.eventtime.LostResults;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.metrics.JmxReporter;
import org.apache.kafka.streams.StreamsConfig;

/**
 * The settings of every version's {@code KafkaStreams}: the user's Kafka settings, and on top what results depend on.
 *
 * @param config the instance's settings
 * @param names names on the cluster
 * @param instanceId this instance's identity in consumer groups
 * @param advertised where other instances reach this one, as host:port
 * @param memory bound on RocksDB's memory
 */
public record StreamsSettings(
        KappaConfig config, ClusterNames names, String instanceId, String advertised, RocksDbMemory memory) {

    private static final String POOL = "pool";
    private static final int SESSION_TIMEOUT_MS = 15_000;

    /** Between commits of a version that is behind; each takes the broker and the stores some work, however little it is for. */
    private static final Duration LONG_COMMIT_INTERVAL = Duration.ofSeconds(1);

    /** The most of a version that keeps up: that of Kafka Streams with exactly once. */
    private static final Duration COMMIT_INTERVAL = Duration.ofMillis(100);

    private static final int HEARTBEAT_MS = 500;

    private static final Duration FIRST_RETRY = Duration.ofMillis(5);

    /** Records that a copy may lack to become the active one: few, or an instance without anything would do for a small store. */
    private static final long ACCEPTABLE_RECOVERY_LAG = 100;

    /**
     * The most time between commits of a version that keeps up; empty where its inputs are not aligned, since nobody knows then
     * whether it does: it commits at that interval always.
     */
    Optional<Duration> commitInterval() {
        Duration asked = Optional.ofNullable(config.kafka().get(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG))
                .map(value -> Duration.ofMillis(Long.parseLong(value.toString())))
                .orElse(COMMIT_INTERVAL);
        return config.alignment().enabled() && asked.compareTo(LONG_COMMIT_INTERVAL) < 0
                ? Optional.of(asked)
                : Optional.empty();
    }

    /**
     * The settings of one version.
     *
     * @param reads of its stores
     * @param threads its stream threads on this instance
     * @param versions versions that run on this instance, this one among them
     * @param replay whether it reads history beside live versions, and so must leave them their share of the broker
     */
    Properties of(
            VersionId version,
            DeadLetterHandlers deadLetters,
            StoreReads reads,
            LostResults lost,
            int threads,
            long versions,
            boolean replay) {
        var properties = new Properties();
        properties.putAll(config.kafka());

        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, names.applicationId(version));
        properties.put(StreamsConfig.APPLICATION_SERVER_CONFIG, advertised);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDir().toString());
        properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, threads);
        properties.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, config.standbys());
        // Copies are kept in another pool where there is one: a pool that is taken away then leaves them behind.
        properties.put(StreamsConfig.clientTagPrefix(POOL), config.pool().name());
        properties.merge(StreamsConfig.RACK_AWARE_ASSIGNMENT_TAGS_CONFIG, POOL, (given, pool) -> given + "," + pool);
        properties.put(StreamsConfig.ACCEPTABLE_RECOVERY_LAG_CONFIG, ACCEPTABLE_RECOVERY_LAG);
        properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        // A task that is killed continues with its local stores, and queries see no write that may be aborted.
        properties.put(StreamsConfig.TRANSACTIONAL_STATE_STORES_CONFIG, true);
        properties.put(
                StreamsConfig.DEFAULT_INTERACTIVE_QUERY_ISOLATION_LEVEL_CONFIG, IsolationLevel.READ_COMMITTED.name());
        properties.put(StreamsConfig.STATESTORE_UNCOMMITTED_MAX_BYTES_CONFIG, memory.transactionBytes(versions));
        commitInterval()
                .ifPresent(
                        _ -> properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, LONG_COMMIT_INTERVAL.toMillis()));
        // A transaction that follows soon after another finds that one being completed still, and asks again.
        properties.putIfAbsent(
                StreamsConfig.producerPrefix(ProducerConfig.RETRY_BACKOFF_MS_CONFIG), FIRST_RETRY.toMillis());
        properties.put(StreamsConfig.ENSURE_EXPLICIT_INTERNAL_RESOURCE_NAMING_CONFIG, true);
        properties.put(
                StreamsConfig.REPLICATION_FACTOR_CONFIG, (int) config.topics().replicationFactor());
        // A version begins where offsets were committed at its birth. MissingOffsets decides about any other place.
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "none");
        // An instance that restarts with its state keeps its tasks, and nobody waits for its old session to expire.
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), instanceId);
        // The tasks of a replaced thread wait until the old thread's session expires.
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), SESSION_TIMEOUT_MS);
        // A thread that waits for the others to come together again, as all do once internal topics are there, waits
        // for so long.
        properties.putIfAbsent(
                StreamsConfig.mainConsumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), HEARTBEAT_MS);
        // Internal topics carry event times too; a broker that refused one would stop the view.
        properties.put(
                StreamsConfig.topicPrefix(TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG),
                String.valueOf(Long.MAX_VALUE));

        if (replay) {
            properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.FETCH_MAX_BYTES_CONFIG), (int)
                    config.replayFetchBytes());
            properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), (int)
                    Math.min(config.replayFetchBytes(), ConsumerConfig.DEFAULT_MAX_PARTITION_FETCH_BYTES));
        }
        // A record that fitted into an input also fits, with a new key and headers, into a repartition topic.
        properties.put(
                StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
                config.topics().maxMessageBytes());
        properties.put(
                StreamsConfig.topicPrefix(TopicConfig.MAX_MESSAGE_BYTES_CONFIG),
                String.valueOf(config.topics().maxMessageBytes()));

        properties.put(
                StreamsConfig.DESERIALIZATION_EXCEPTION_HANDLER_CLASS_CONFIG,
                DeadLetterHandlers.OnDeserialization.class);
        properties.put(StreamsConfig.PROCESSING_EXCEPTION_HANDLER_CLASS_CONFIG, DeadLetterHandlers.OnProcessing.class);
        properties.put(StreamsConfig.PRODUCTION_EXCEPTION_HANDLER_CLASS_CONFIG, DeadLetterHandlers.OnProduction.class);
        properties.put(DeadLetterHandlers.CONFIG, deadLetters);
        properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksDbMemory.Setter.class);
        properties.put(RocksDbMemory.CONFIG, memory);
        properties.put(StoreReads.CONFIG, reads);
        // Neither keeps a store open while it reads its gauges, see MeasuredStreams.
        properties.putIfAbsent(JmxReporter.EXCLUDE_CONFIG, "kafka\\.streams:type=stream-state-metrics,.*");
        properties.putIfAbsent(StreamsConfig.ENABLE_METRICS_PUSH_CONFIG, false);
        properties.put(LostResults.CONFIG, lost);
        return properties;
    }
}
