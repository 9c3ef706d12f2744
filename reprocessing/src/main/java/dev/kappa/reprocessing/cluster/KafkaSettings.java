package dev.kappa.reprocessing.cluster;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.SchemaRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The user's settings of Kafka clients, and clients made with them. Keys and values are bytes; consumers read what is
 * committed and commit nothing by themselves.
 *
 * @param values settings under Kafka's names; those of the serde are among them
 */
public record KafkaSettings(Map<String, Object> values) {

    private static final String VARIABLES = "KAPPA_KAFKA_";

    public KafkaSettings {
        values = Map.copyOf(values);
    }

    /**
     * The setting that a variable of the environment stands for: {@code KAPPA_KAFKA_SASL_MECHANISM} is {@code
     * sasl.mechanism}. Empty for any other variable.
     */
    public static Optional<String> settingOf(String variable) {
        return variable.startsWith(VARIABLES)
                ? Optional.of(variable.substring(VARIABLES.length())
                        .toLowerCase(Locale.ROOT)
                        .replace('_', '.'))
                : Optional.empty();
    }

    /**
     * The settings with a bound on how long clients wait for an answer; bounds that they have already are kept. Kafka refuses an admin client whose bound
     * of a call ({@code default.api.timeout.ms}) is below that of one request ({@code request.timeout.ms}).
     *
     * @throws ConfigException when {@code request.timeout.ms} is no number
     */
    public static Map<String, Object> bounded(Map<String, ?> settings, Duration wait) {
        String ofRequest = AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG;
        var bounded = new HashMap<String, Object>(settings);
        bounded.putIfAbsent(ofRequest, String.valueOf(wait.toMillis()));
        var request = (int) ConfigDef.parseType(ofRequest, bounded.get(ofRequest), ConfigDef.Type.INT);
        bounded.putIfAbsent(
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, String.valueOf(Math.max(wait.toMillis(), request)));
        return bounded;
    }

    /** Names alone: values may be secret. */
    @Override
    public String toString() {
        return "KafkaSettings" + values.keySet();
    }

    /** An admin client. */
    public Admin admin() {
        return Admin.create(with(AdminClientConfig.configNames(), Map.of()));
    }

    /** A consumer with settings on top of the user's. */
    public Consumer<byte[], byte[]> consumer(Map<String, Object> own) {
        var settings = with(ConsumerConfig.configNames(), own);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /**
     * A consumer for reading partitions to an end that is there already. It lets no fetch wait at the broker for more to
     * come, since whatever is asked next would wait behind it.
     */
    public Consumer<byte[], byte[]> scanner(String clientId) {
        return consumer(Map.of(
                ConsumerConfig.CLIENT_ID_CONFIG,
                clientId,
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                false,
                // Where a topic's beginning has been deleted, what is looked for may come after that.
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                10));
    }

    /** A producer with settings on top of the user's. */
    public Producer<byte[], byte[]> producer(Map<String, Object> own) {
        return new ClosableProducer(with(ProducerConfig.configNames(), own));
    }

    /** A group as a client sees it that is not a member: for committing offsets in a transaction, fenced by its id alone. */
    public ConsumerGroupMetadata groupOfOthers(String group) {
        try (Consumer<byte[], byte[]> outsider = consumer(Map.of(ConsumerConfig.GROUP_ID_CONFIG, group))) {
            return outsider.groupMetadata();
        }
    }

    /** Closes a consumer that is in no group, without waiting for the answer to its last fetch. */
    public static void close(Consumer<?, ?> consumer) {
        consumer.close(CloseOptions.timeout(Duration.ZERO));
    }

    /** Settings of our own serde: records of generated classes, or generic ones, through a registry that is there. */
    public Map<String, Object> serde(SchemaRegistry registry, boolean specific) {
        var settings = new HashMap<>(AvroSerdeConfig.withoutSerdeSettings(values));
        settings.put(AvroSerdeConfig.CLIENT, registry);
        settings.putIfAbsent(AvroSerdeConfig.AUTO_REGISTER, true);
        settings.put(AvroSerdeConfig.USE_LATEST, false);
        settings.put(AvroSerdeConfig.SPECIFIC_READER, specific);
        return settings;
    }

    /** Only what the client knows: a client warns of every setting that is meant for another. */
    private Map<String, Object> with(Set<String> known, Map<String, Object> own) {
        var settings = new HashMap<>(values);
        settings.keySet().retainAll(known);
        settings.putAll(own);
        return settings;
    }
}
