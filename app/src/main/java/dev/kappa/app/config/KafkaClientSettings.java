package dev.kappa.app.config;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.streams.StreamsConfig;

/** The settings of Kafka's clients. They are checked before a client is made of them: a wrong one would fail each version, again and again. */
final class KafkaClientSettings {

    private static final List<String> PREFIXES = List.of(
            StreamsConfig.MAIN_CONSUMER_PREFIX,
            StreamsConfig.RESTORE_CONSUMER_PREFIX,
            StreamsConfig.GLOBAL_CONSUMER_PREFIX,
            StreamsConfig.CONSUMER_PREFIX,
            StreamsConfig.PRODUCER_PREFIX,
            StreamsConfig.ADMIN_CLIENT_PREFIX);

    private static final String CLASSIC = "classic";

    /**
     * How long clients wait for an answer of a broker before they look for another one. A broker that is frozen or cut off never answers, and closes no
     * connection. The controller takes its partitions away after {@code broker.session.timeout.ms}, 9 seconds by default. With Kafka's own
     * default of 30 seconds, clients would not notice for 20 more.
     */
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(10);

    /**
     * In a rebalance, main consumers wait for the one among them that assigns the tasks. It creates internal topics first, which takes time. A consumer
     * that gives up joins the group again, which begins another rebalance.
     */
    private static final Duration MAIN_CONSUMER_REQUEST_TIMEOUT = Duration.ofSeconds(30);

    private KafkaClientSettings() {}

    /**
     * The settings as they are given, and defaults of Kappa.
     *
     * @throws ConfigurationException naming the setting that is wrong, or that versions cannot run with
     */
    static Map<String, String> of(Map<String, String> settings) {
        settings.forEach((key, value) -> {
            String name = withoutPrefix(key);
            if (name.equals(StreamsConfig.GROUP_PROTOCOL_CONFIG) && !value.equalsIgnoreCase(CLASSIC)) {
                throw new ConfigurationException("Setting kappa.kafka." + key + "=" + value
                        + ": versions run with the classic group protocol only. They rely on static membership and on their own"
                        + " consumers, which the other protocols do not support. Remove the setting.");
            }
            if (name.equals(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG)
                    && value.strip().startsWith("-")) {
                throw new ConfigurationException(
                        "Setting kappa.kafka." + key + "=" + value
                                + ": events would be joined before the records of tables that were written earlier. Set it to 0 or more, or remove it.");
            }
            for (ConfigDef known : List.of(
                    StreamsConfig.configDef(),
                    ConsumerConfig.configDef(),
                    ProducerConfig.configDef(),
                    AdminClientConfig.configDef())) {
                ConfigDef.ConfigKey definition = known.configKeys().get(name);
                if (definition != null) {
                    check(key, value, definition);
                }
            }
        });
        var all = new HashMap<>(settings);
        String timeout = CommonClientConfigs.REQUEST_TIMEOUT_MS_CONFIG;
        if (settings.keySet().stream().map(KafkaClientSettings::withoutPrefix).noneMatch(timeout::equals)) {
            all.put(timeout, String.valueOf(REQUEST_TIMEOUT.toMillis()));
            all.put(
                    StreamsConfig.mainConsumerPrefix(timeout),
                    String.valueOf(MAIN_CONSUMER_REQUEST_TIMEOUT.toMillis()));
        }
        return all;
    }

    private static String withoutPrefix(String key) {
        return PREFIXES.stream()
                .filter(key::startsWith)
                .findFirst()
                .map(prefix -> key.substring(prefix.length()))
                .orElse(key);
    }

    private static void check(String key, String value, ConfigDef.ConfigKey definition) {
        try {
            Object parsed = ConfigDef.parseType(definition.name, value, definition.type);
            if (definition.validator != null) {
                definition.validator.ensureValid(definition.name, parsed);
            }
        } catch (ConfigException e) {
            throw new ConfigurationException("Setting kappa.kafka." + key + ": " + e.getMessage());
        }
    }
}
