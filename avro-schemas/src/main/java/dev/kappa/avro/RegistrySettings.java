package dev.kappa.avro;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.JaasContext;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the settings of Confluent's serde and registry client say of credentials, and refuses those settings that this
 * serde does not carry out: none is ignored. As in Confluent's client, {@code schema.registry.} may stand before the keys of
 * the registry client.
 */
final class RegistrySettings {

    private static final String PREFIX = "schema.registry.";
    private static final String REQUEST_HEADER = "request.header.";
    private static final String HOSTNAME_VERIFICATION =
            AvroSerdeConfig.TLS_PREFIX + "endpoint.identification.algorithm";
    private static final String ISSUER = "bearer.auth.issuer.endpoint.url";
    private static final String CLIENT_ID = "bearer.auth.client.id";
    private static final String CLIENT_SECRET = "bearer.auth.client.secret";
    private static final String SCOPE = "bearer.auth.scope";
    private static final String LOGICAL_CLUSTER = "bearer.auth.logical.cluster";
    private static final String IDENTITY_POOL = "bearer.auth.identity.pool.id";

    /** The settings that this serde supports. */
    private static final Set<String> SUPPORTED = Set.of(
            AvroSerdeConfig.URL,
            AvroSerdeConfig.BASIC_AUTH_SOURCE,
            AvroSerdeConfig.BASIC_AUTH_USER_INFO,
            AvroSerdeConfig.BEARER_AUTH_SOURCE,
            AvroSerdeConfig.BEARER_AUTH_TOKEN,
            ISSUER,
            CLIENT_ID,
            CLIENT_SECRET,
            SCOPE,
            LOGICAL_CLUSTER,
            IDENTITY_POOL,
            HOSTNAME_VERIFICATION,
            AvroSerdeConfig.TLS_PREFIX + "keystore.location",
            AvroSerdeConfig.TLS_PREFIX + "keystore.password",
            AvroSerdeConfig.TLS_PREFIX + "keystore.type",
            AvroSerdeConfig.TLS_PREFIX + "key.password",
            AvroSerdeConfig.TLS_PREFIX + "truststore.location",
            AvroSerdeConfig.TLS_PREFIX + "truststore.password",
            AvroSerdeConfig.TLS_PREFIX + "truststore.type");

    /** Beginnings of keys of which every one has to be supported. */
    private static final List<String> OWN_PREFIXES = List.of(PREFIX, "basic.auth.", "bearer.auth.");

    /** Keys that change what is read or written, with the values by which they change nothing. */
    private static final Map<String, Set<String>> UNSUPPORTED = Map.ofEntries(
            Map.entry("avro.reflection.allow.null", Set.of("false")),
            Map.entry("avro.remove.java.properties", Set.of("false")),
            Map.entry(
                    "context.name.strategy", Set.of("io.confluent.kafka.serializers.context.NullContextNameStrategy")),
            Map.entry("execution.environment", Set.of()),
            Map.entry("key.schema.id.deserializer", idClass("Dual", "De")),
            Map.entry("key.schema.id.serializer", idClass("Prefix", "")),
            Map.entry("key.subject.name.strategy", topicNames()),
            Map.entry("latest.compatibility.strict", Set.of("true")),
            Map.entry("normalize.schemas", Set.of("false")),
            Map.entry("propagate.schema.tags", Set.of("false")),
            Map.entry("proxy.host", Set.of("")),
            Map.entry("proxy.port", Set.of("-1")),
            Map.entry("rule.actions", Set.of("")),
            Map.entry("rule.executors", Set.of("")),
            Map.entry("schema.reflection", Set.of("false")),
            Map.entry("use.latest.with.metadata", Set.of()),
            Map.entry("use.schema.guid", Set.of()),
            Map.entry("use.schema.id", Set.of("-1")),
            Map.entry("value.schema.id.deserializer", idClass("Dual", "De")),
            Map.entry("value.schema.id.serializer", idClass("Prefix", "")),
            Map.entry("value.subject.name.strategy", topicNames()));

    private RegistrySettings() {}

    private static Set<String> idClass(String kind, String direction) {
        return Set.of("io.confluent.kafka.serializers.schema.id." + kind + "SchemaId"
                + (direction.isEmpty() ? "Serializer" : "Deserializer"));
    }

    private static Set<String> topicNames() {
        return Set.of("io.confluent.kafka.serializers.subject.TopicNameStrategy");
    }

    /**
     * Refuses settings that a registry client would have to ignore.
     *
     * @throws ConfigException naming the setting
     */
    static void requireSupportedByClient(Map<String, ?> configs) {
        for (Map.Entry<String, ?> setting : new TreeMap<>(configs).entrySet()) {
            String key = setting.getKey();
            boolean isOwn = OWN_PREFIXES.stream().anyMatch(key::startsWith) && !UNSUPPORTED.containsKey(bare(key));
            if (isOwn
                    && setting.getValue() != null
                    && !SUPPORTED.contains(key)
                    && !SUPPORTED.contains(bare(key))
                    && !bare(key).startsWith(REQUEST_HEADER)) {
                throw unsupported(key);
            }
        }
    }

    /**
     * Refuses settings that a serializer or deserializer would have to ignore.
     *
     * @throws ConfigException naming the setting
     */
    static void requireSupportedBySerde(Map<String, ?> configs) {
        for (Map.Entry<String, ?> setting : new TreeMap<>(configs).entrySet()) {
            @Nullable Set<String> harmless = UNSUPPORTED.get(bare(setting.getKey()));
            Object value = setting.getValue();
            if (harmless != null && value != null && !harmless.contains(value.toString())) {
                throw unsupported(setting.getKey());
            }
        }
    }

    static Map<String, Object> withoutSerdeSettings(Map<String, ?> configs) {
        var others = new HashMap<String, Object>(configs);
        others.keySet().removeIf(key -> UNSUPPORTED.containsKey(bare(key)));
        return others;
    }

    private static String bare(String key) {
        return key.startsWith(PREFIX) ? key.substring(PREFIX.length()) : key;
    }

    private static ConfigException unsupported(String key) {
        return new ConfigException(
                "Setting " + key + " is not supported here, and must not be ignored. Remove it; see the serde's"
                        + " settings in docs/configuration.md");
    }

    /** Whether the registry's certificate must bear the name in its address: unless the algorithm is empty. */
    static boolean verifiesHostname(Map<String, ?> configs) {
        return AvroSerdeConfig.text(configs, HOSTNAME_VERIFICATION)
                .map(algorithm -> switch (algorithm.strip()) {
                    case "https", "HTTPS" -> true;
                    case "", "none" -> false;
                    default -> throw new ConfigException(HOSTNAME_VERIFICATION, algorithm, "known are https and none");
                })
                .orElse(true);
    }

    /** Headers of every request to the registry. */
    static Map<String, String> requestHeaders(Map<String, ?> configs) {
        var headers = new HashMap<String, String>();
        configs.forEach((key, value) -> {
            if (bare(key).startsWith(REQUEST_HEADER) && value != null) {
                headers.put(bare(key).substring(REQUEST_HEADER.length()), value.toString());
            }
        });
        text(configs, LOGICAL_CLUSTER).ifPresent(cluster -> headers.put("target-sr-cluster", cluster));
        text(configs, IDENTITY_POOL).ifPresent(pool -> headers.put("Confluent-Identity-Pool-Id", pool));
        return headers;
    }

    /**
     * The credentials that the settings name.
     *
     * @throws ConfigException naming the setting that is missing or wrong
     */
    static RegistryCredentials credentials(Map<String, ?> configs, List<URI> urls) {
        Optional<String> bearer = text(configs, AvroSerdeConfig.BEARER_AUTH_SOURCE);
        Optional<String> basic = text(configs, AvroSerdeConfig.BASIC_AUTH_SOURCE);
        if (bearer.isPresent()) {
            if (basic.isPresent()) {
                throw new ConfigException("Settings " + AvroSerdeConfig.BASIC_AUTH_SOURCE + " and "
                        + AvroSerdeConfig.BEARER_AUTH_SOURCE + " exclude each other");
            }
            return bearer(configs, bearer.get());
        }
        return basic(configs, basic.orElse("URL"), urls);
    }

    private static RegistryCredentials basic(Map<String, ?> configs, String source, List<URI> urls) {
        return switch (source) {
            case "URL" ->
                urls.stream()
                        .map(URI::getUserInfo)
                        .filter(Objects::nonNull)
                        .findFirst()
                        .<RegistryCredentials>map(RegistryCredentials.Basic::new)
                        .orElseGet(RegistryCredentials.None::new);
            case "USER_INFO" ->
                new RegistryCredentials.Basic(required(
                        configs, AvroSerdeConfig.BASIC_AUTH_USER_INFO, AvroSerdeConfig.BASIC_AUTH_SOURCE, source));
            case "SASL_INHERIT" -> {
                Map<String, ?> options = saslOptions(configs, AvroSerdeConfig.BASIC_AUTH_SOURCE, source);
                yield new RegistryCredentials.Basic(
                        option(options, "username", source) + ":" + option(options, "password", source));
            }
            default ->
                throw new ConfigException(
                        AvroSerdeConfig.BASIC_AUTH_SOURCE, source, "known are URL, USER_INFO and SASL_INHERIT");
        };
    }

    private static RegistryCredentials bearer(Map<String, ?> configs, String source) {
        return switch (source) {
            case "STATIC_TOKEN" ->
                new RegistryCredentials.Token(required(
                        configs, AvroSerdeConfig.BEARER_AUTH_TOKEN, AvroSerdeConfig.BEARER_AUTH_SOURCE, source));
            case "OAUTHBEARER" ->
                new RegistryCredentials.ClientCredentials(
                        endpoint(ISSUER, required(configs, ISSUER, AvroSerdeConfig.BEARER_AUTH_SOURCE, source)),
                        required(configs, CLIENT_ID, AvroSerdeConfig.BEARER_AUTH_SOURCE, source),
                        required(configs, CLIENT_SECRET, AvroSerdeConfig.BEARER_AUTH_SOURCE, source),
                        text(configs, SCOPE));
            case "SASL_OAUTHBEARER_INHERIT" -> {
                Map<String, ?> options = saslOptions(configs, AvroSerdeConfig.BEARER_AUTH_SOURCE, source);
                String endpoint = required(
                        configs,
                        SaslConfigs.SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL,
                        AvroSerdeConfig.BEARER_AUTH_SOURCE,
                        source);
                yield new RegistryCredentials.ClientCredentials(
                        endpoint(SaslConfigs.SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL, endpoint),
                        text(configs, CLIENT_ID).orElseGet(() -> option(options, "clientId", source)),
                        text(configs, CLIENT_SECRET).orElseGet(() -> option(options, "clientSecret", source)),
                        text(configs, SCOPE)
                                .or(() -> Optional.ofNullable(options.get("scope"))
                                        .map(Object::toString)));
            }
            default ->
                throw new ConfigException(
                        AvroSerdeConfig.BEARER_AUTH_SOURCE,
                        source,
                        "known are STATIC_TOKEN, OAUTHBEARER and SASL_OAUTHBEARER_INHERIT");
        };
    }

    private static URI endpoint(String key, String value) {
        try {
            URI endpoint = URI.create(value);
            if (endpoint.getHost() != null) {
                return endpoint;
            }
        } catch (IllegalArgumentException notAnAddress) {
            // Falls through to the same message.
        }
        throw new ConfigException(
                key, Redaction.ofAddress(value), "expected an address such as https://login/oauth2/token");
    }

    /** Options of the login module that Kafka's client uses. */
    private static Map<String, ?> saslOptions(Map<String, ?> configs, String key, String source) {
        try {
            Object config = configs.get(SaslConfigs.SASL_JAAS_CONFIG);
            Map<String, Object> sasl = new HashMap<>();
            if (config != null) {
                sasl.put(
                        SaslConfigs.SASL_JAAS_CONFIG,
                        config instanceof Password password ? password : new Password(config.toString()));
            }
            return JaasContext.loadClientContext(sasl).configurationEntries().stream()
                    .findFirst()
                    .map(AppConfigurationEntry::getOptions)
                    .orElse(Map.of());
        } catch (IllegalArgumentException noLogin) {
            throw new ConfigException(key + "=" + source + " needs " + SaslConfigs.SASL_JAAS_CONFIG
                    + ", which is missing or cannot be read");
        }
    }

    private static String option(Map<String, ?> options, String name, String source) {
        Object value = options.get(name);
        if (value == null) {
            throw new ConfigException("The login module in " + SaslConfigs.SASL_JAAS_CONFIG + " has no " + name
                    + ", which " + source + " needs");
        }
        return value.toString();
    }

    private static String required(Map<String, ?> configs, String key, String neededBy, String source) {
        return text(configs, key)
                .orElseThrow(() -> new ConfigException("Missing setting " + key + ": " + neededBy + "=" + source
                        + " needs it" + (key.equals(AvroSerdeConfig.BASIC_AUTH_USER_INFO) ? " as user:password" : "")));
    }

    private static Optional<String> text(Map<String, ?> configs, String key) {
        return AvroSerdeConfig.text(configs, key).or(() -> AvroSerdeConfig.text(configs, PREFIX + key));
    }
}
