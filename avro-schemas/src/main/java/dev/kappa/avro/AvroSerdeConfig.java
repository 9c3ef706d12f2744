package dev.kappa.avro;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/**
 * The settings of the Avro serde, under the keys Confluent's serde uses.
 *
 * @param urls registries to ask, in order; the next one is tried when one cannot be reached
 * @param autoRegister whether a schema not yet registered is registered when its first record is written
 * @param useLatest whether records are written with the subject's newest schema instead of their own
 * @param specificReader whether records are read into generated classes; otherwise into generic records
 * @param keyType generated class that every key is read as; absent: the class of the writer's name
 * @param valueType the same of values
 * @param credentials how the registry is told who asks
 * @param requestHeaders headers of every request to the registry
 * @param retry how long a registry that cannot be reached is waited for
 * @param tls key and trust stores for {@code https} addresses
 * @param client a registry client to share; when absent each serde opens its own
 */
public record AvroSerdeConfig(
        List<URI> urls,
        boolean autoRegister,
        boolean useLatest,
        boolean specificReader,
        Optional<Class<?>> keyType,
        Optional<Class<?>> valueType,
        RegistryCredentials credentials,
        Map<String, String> requestHeaders,
        Retry retry,
        Tls tls,
        Optional<SchemaRegistry> client) {

    public static final String URL = "schema.registry.url";
    public static final String AUTO_REGISTER = "auto.register.schemas";
    public static final String USE_LATEST = "use.latest.version";
    public static final String SPECIFIC_READER = "specific.avro.reader";
    public static final String SPECIFIC_KEY_TYPE = "specific.avro.key.type";
    public static final String SPECIFIC_VALUE_TYPE = "specific.avro.value.type";
    public static final String BASIC_AUTH_SOURCE = "basic.auth.credentials.source";
    public static final String BASIC_AUTH_USER_INFO = "basic.auth.user.info";
    public static final String BEARER_AUTH_SOURCE = "bearer.auth.credentials.source";
    public static final String BEARER_AUTH_TOKEN = "bearer.auth.token";
    public static final String MAX_RETRIES = "max.retries";
    public static final String RETRY_WAIT_MS = "retries.wait.ms";
    public static final String RETRY_MAX_WAIT_MS = "retries.max.wait.ms";
    public static final String TLS_PREFIX = "schema.registry.ssl.";

    /** Key of a {@link SchemaRegistry} object that serdes share. Not one of Confluent's: theirs ignores it. */
    public static final String CLIENT = "kappa.schema.registry.client";

    /**
     * Waiting for a registry that cannot be reached: after each failed attempt twice as long as after the one before.
     *
     * @param retries attempts after the first
     * @param firstWait wait before the first retry
     * @param longestWait bound on a single wait
     */
    public record Retry(int retries, Duration firstWait, Duration longestWait) {
        /** About 25 seconds of waiting, well below the five minutes a Kafka consumer may be busy with one batch. */
        public static final Retry DEFAULT = new Retry(6, Duration.ofMillis(500), Duration.ofSeconds(10));
    }

    /**
     * Key and trust stores, as paths, with their passwords and types ({@code PKCS12} or {@code JKS}).
     *
     * @param verifiesHostname whether the registry's certificate must bear the name in its address
     */
    public record Tls(
            Optional<Store> keyStore,
            Optional<String> keyPassword,
            Optional<Store> trustStore,
            boolean verifiesHostname) {
        /** One store. */
        public record Store(String location, Optional<String> password, String type) {}
    }

    public AvroSerdeConfig {
        urls = List.copyOf(urls);
        requestHeaders = Map.copyOf(requestHeaders);
        if (urls.isEmpty() && client.isEmpty()) {
            throw new ConfigException("Missing setting " + URL + ": the address of the schema registry");
        }
        if (useLatest && autoRegister) {
            throw new ConfigException(USE_LATEST + "=true needs " + AUTO_REGISTER + "=false: records are written either"
                    + " with their own schema or with the subject's newest");
        }
    }

    /**
     * Reads the settings of a serializer or deserializer, which are more than those of its registry client.
     *
     * @throws ConfigException naming the key that is missing, wrong or not supported
     */
    static AvroSerdeConfig ofSerde(Map<String, ?> configs) {
        RegistrySettings.requireSupportedBySerde(configs);
        return from(configs);
    }

    /** The settings without those that only a serde of records from outside may have. */
    public static Map<String, Object> withoutSerdeSettings(Map<String, ?> configs) {
        return RegistrySettings.withoutSerdeSettings(configs);
    }

    /**
     * Reads the settings out of a client's configuration, which may hold any other key too.
     *
     * @throws ConfigException naming the key that is missing or wrong
     */
    public static AvroSerdeConfig from(Map<String, ?> configs) {
        RegistrySettings.requireSupportedByClient(configs);
        Optional<SchemaRegistry> client = Optional.ofNullable((SchemaRegistry) configs.get(CLIENT));
        List<URI> urls = text(configs, URL).stream()
                .flatMap(value -> Arrays.stream(value.split(",")))
                .map(String::strip)
                .filter(url -> !url.isEmpty())
                .map(AvroSerdeConfig::url)
                .toList();
        boolean useLatest = flag(configs, USE_LATEST, false);
        return new AvroSerdeConfig(
                urls,
                flag(configs, AUTO_REGISTER, !useLatest),
                useLatest,
                flag(configs, SPECIFIC_READER, false),
                type(configs, SPECIFIC_KEY_TYPE),
                type(configs, SPECIFIC_VALUE_TYPE),
                RegistrySettings.credentials(configs, urls),
                RegistrySettings.requestHeaders(configs),
                new Retry(
                        Math.toIntExact(number(configs, MAX_RETRIES, Retry.DEFAULT.retries())),
                        Duration.ofMillis(number(
                                configs,
                                RETRY_WAIT_MS,
                                Retry.DEFAULT.firstWait().toMillis())),
                        Duration.ofMillis(number(
                                configs,
                                RETRY_MAX_WAIT_MS,
                                Retry.DEFAULT.longestWait().toMillis()))),
                new Tls(
                        store(configs, "keystore"),
                        text(configs, TLS_PREFIX + "key.password"),
                        store(configs, "truststore"),
                        RegistrySettings.verifiesHostname(configs)),
                client);
    }

    private static Optional<Tls.Store> store(Map<String, ?> configs, String kind) {
        String prefix = TLS_PREFIX + kind + ".";
        return text(configs, prefix + "location")
                .map(location -> new Tls.Store(
                        location,
                        text(configs, prefix + "password"),
                        text(configs, prefix + "type").orElse("PKCS12")));
    }

    private static URI url(String value) {
        try {
            URI url = URI.create(value);
            if (url.getHost() != null && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
                return url;
            }
        } catch (IllegalArgumentException notAnAddress) {
            // Falls through to the same message.
        }
        throw new ConfigException(URL, Redaction.ofAddress(value), "expected an address such as http://registry:8081");
    }

    private static Optional<Class<?>> type(Map<String, ?> configs, String key) {
        @Nullable Object value = configs.get(key);
        if (value == null || value instanceof Class<?>) {
            return Optional.ofNullable((Class<?>) value);
        }
        try {
            return Optional.of(Utils.loadClass(value.toString(), SpecificRecord.class));
        } catch (ClassNotFoundException e) {
            throw new ConfigException(key, value, "there is no such class on the class path");
        }
    }

    static Optional<String> text(Map<String, ?> configs, String key) {
        @Nullable Object value = configs.get(key);
        return Optional.ofNullable(value).map(Object::toString);
    }

    private static boolean flag(Map<String, ?> configs, String key, boolean defaultValue) {
        return text(configs, key)
                .map(value -> switch (value) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw new ConfigException(key, value, "expected true or false");
                })
                .orElse(defaultValue);
    }

    private static long number(Map<String, ?> configs, String key, long defaultValue) {
        return text(configs, key)
                .map(value -> {
                    try {
                        return Long.parseUnsignedLong(value);
                    } catch (NumberFormatException notANumber) {
                        throw new ConfigException(key, value, "expected a whole number, zero or more");
                    }
                })
                .orElse(defaultValue);
    }
}
