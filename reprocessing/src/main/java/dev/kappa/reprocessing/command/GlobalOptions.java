package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.Secrets;
import dev.kappa.reprocessing.fleet.Servers;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.security.ssl.DefaultSslEngineFactory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/**
 * The options every subcommand takes, and where addresses come from: the option, else the file given by {@code
 * --config}, else the environment, else the file that {@code kappa up} leaves while it runs.
 */
public final class GlobalOptions {

    /** How results are printed. */
    public enum Output {
        /** For people. */
        text,
        /** For people, with more columns. */
        wide,
        json,
        yaml;

        /** Whether results are for programs. */
        public boolean isStructured() {
            return this == json || this == yaml;
        }

        /** A result for programs, over several lines. */
        public String format(JsonNode result) {
            return this == yaml ? yaml(result) : result.toPrettyString();
        }

        /** One of several results for programs: a line of JSON, or a document of YAML. */
        String formatOne(JsonNode result) {
            return this == yaml ? yaml(result) : result.toString();
        }

        private static String yaml(JsonNode result) {
            try {
                return YAML.writeValueAsString(result).stripTrailing();
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("A tree that cannot be written", e);
            }
        }
    }

    private static final YAMLMapper YAML = new YAMLMapper();

    private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]+");

    /** Name of the file with the addresses of a running {@code kappa up}. */
    public static final String ADDRESSES_FILE = ".kappa-up.properties";

    @Option(
            names = "--bootstrap-server",
            paramLabel = "HOST:PORT",
            scope = ScopeType.INHERIT,
            description = "Kafka broker to connect to.")
    @Nullable
    String bootstrapServer;

    @Option(
            names = "--schema-registry",
            paramLabel = "URL",
            scope = ScopeType.INHERIT,
            description = "Schema registry, speaking Confluent's REST API.")
    @Nullable
    String registry;

    @Option(
            names = "--server",
            paramLabel = "URL",
            scope = ScopeType.INHERIT,
            description = "HTTP address of an instance (default: an instance found through Kafka).")
    @Nullable
    String server;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "File with the bearer token for the app, if it requires one (or KAPPA_TOKEN_FILE).")
    @Nullable
    Path tokenFile;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            scope = ScopeType.INHERIT,
            description = "Properties file: kappa.* settings, and any Kafka client setting.")
    @Nullable
    Path config;

    @Option(
            names = "--views",
            paramLabel = "JAR",
            split = ",",
            scope = ScopeType.INHERIT,
            description = "Jars with view definitions of your own; may be repeated.")
    List<Path> views = List.of();

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            scope = ScopeType.INHERIT,
            description =
                    "Directory for the data and addresses of kappa up; give it to the other commands, too (default: local-dev in Kappa's folder).")
    @Nullable
    Path dataDir;

    @Option(
            names = "--output",
            paramLabel = "text|wide|json|yaml",
            scope = ScopeType.INHERIT,
            defaultValue = "text",
            description = "How results are printed (default: ${DEFAULT-VALUE}).")
    Output output = Output.text;

    @Option(
            names = "--yes",
            scope = ScopeType.INHERIT,
            description = "Skip the confirmation of operations that cannot be undone.")
    boolean yes;

    /** How results are printed. */
    public Output output() {
        return output;
    }

    /** Whether not to ask before doing what cannot be undone. */
    boolean yes() {
        return yes;
    }

    /**
     * Jars with view definitions of the user.
     *
     * @throws CommandException when one does not exist
     */
    public List<Path> views() {
        views.stream().filter(jar -> !Files.exists(jar)).findFirst().ifPresent(jar -> {
            throw CommandException.usage("--views: " + jar.toAbsolutePath().normalize() + " does not exist.");
        });
        return views.stream().map(Path::toAbsolutePath).toList();
    }

    /** A setting of Kappa's own, from the file or the environment. */
    Optional<String> setting(String key) {
        return find(null, key, key);
    }

    /** The directory given for local data, if one was. */
    public Optional<Path> dataDir() {
        return Optional.ofNullable(dataDir);
    }

    /** The file in which {@code kappa up} leaves its addresses. */
    public Path addressesFile() {
        return (dataDir == null ? Path.of(System.getProperty("kappa.home", "."), "local-dev") : dataDir)
                .resolve(ADDRESSES_FILE);
    }

    /** Whether a {@code kappa up} has left its addresses and still runs. */
    public boolean isUpRunning() {
        return !addressesOfRunningUp().isEmpty();
    }

    /** Everything in the file given by {@code --config}. */
    public Map<String, String> configFile() {
        return config == null ? Map.of() : read(config, "--config");
    }

    /** The Kafka broker's address, from wherever it is known. */
    public Optional<String> findBootstrapServer() {
        return find(bootstrapServer, "bootstrap.servers", "kafka");
    }

    /** The schema registry's address, from wherever it is known. */
    public Optional<String> findRegistry() {
        return find(registry, "schema.registry.url", "registry");
    }

    /**
     * Where an instance is asked over HTTP: as the option or the configuration says, or one that has reported to the cluster. Whoever may
     * write reports could name a server of their own, so none of those gets a token.
     *
     * @throws CommandException when no instance is known
     */
    String server() {
        return find(server, "kappa.server", "app").orElseGet(() -> {
            String kafka =
                    findBootstrapServer().orElseThrow(() -> unknownAddress("server", "--server http://HOST:PORT"));
            if (token().isPresent()) {
                throw CommandException.usage(
                        "A token is sent only to a server that is named. Give --server http://HOST:PORT,"
                                + " or set kappa.server.");
            }
            return Servers.find(new KafkaSettings(kafkaConfig()), names())
                    .orElseThrow(() -> CommandException.refused("No instance has reported to Kafka at " + kafka
                            + ". Start one with kappa run, or name one with --server http://HOST:PORT."));
        });
    }

    /**
     * Names of topics and groups.
     *
     * @throws CommandException when the prefix cannot be one
     */
    ClusterNames names() {
        try {
            return new ClusterNames(setting("kappa.prefix").orElse(""));
        } catch (IllegalArgumentException e) {
            throw CommandException.usage("Setting kappa.prefix: " + e.getMessage());
        }
    }

    /**
     * The bearer token for the app, if there is one.
     *
     * @throws CommandException when its file cannot be read
     */
    Optional<String> token() {
        return find(tokenFile == null ? null : tokenFile.toString(), "kappa.token-file", "token-file")
                .map(file -> {
                    String token;
                    try {
                        token = Files.readString(Path.of(file)).strip();
                    } catch (IOException e) {
                        throw CommandException.usage("The token file " + file + " cannot be read: " + e);
                    }
                    // A header that is not valid would be printed by whoever refuses it.
                    if (!TOKEN.matcher(token).matches()) {
                        throw CommandException.usage(
                                "The token file " + file + " must contain one token, without spaces.");
                    }
                    return token;
                });
    }

    /**
     * How the app's certificate is checked, and which one is shown to it, where the settings of instances say so: an operator who runs the
     * command with an instance's file trusts what that instance trusts.
     *
     * @throws CommandException when a file cannot be read or is not PEM
     */
    Optional<SSLContext> tls() {
        var settings = new HashMap<String, Object>();
        pem("kappa.tls.ca-file").ifPresent(pem -> {
            settings.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, DefaultSslEngineFactory.PEM_TYPE);
            settings.put(SslConfigs.SSL_TRUSTSTORE_CERTIFICATES_CONFIG, pem);
        });
        pem("kappa.tls.certificate-file")
                .ifPresent(certificate -> pem("kappa.tls.key-file").ifPresent(key -> {
                    settings.put(SslConfigs.SSL_KEYSTORE_TYPE_CONFIG, DefaultSslEngineFactory.PEM_TYPE);
                    settings.put(SslConfigs.SSL_KEYSTORE_CERTIFICATE_CHAIN_CONFIG, certificate);
                    settings.put(SslConfigs.SSL_KEYSTORE_KEY_CONFIG, key);
                }));
        if (settings.isEmpty()) {
            return Optional.empty();
        }
        settings.put(SslConfigs.SSL_PROTOCOL_CONFIG, SslConfigs.DEFAULT_SSL_PROTOCOL);
        settings.put(SslConfigs.SSL_CIPHER_SUITES_CONFIG, List.of());
        settings.put(SslConfigs.SSL_ENABLED_PROTOCOLS_CONFIG, List.of());
        try (var factory = new DefaultSslEngineFactory()) {
            factory.configure(settings);
            return Optional.of(factory.sslContext());
        } catch (KafkaException e) {
            throw CommandException.usage("The certificates under kappa.tls cannot be used: " + e.getMessage());
        }
    }

    private Optional<Password> pem(String setting) {
        return setting(setting).map(file -> {
            try {
                return new Password(Files.readString(Path.of(file)));
            } catch (IOException e) {
                throw CommandException.usage("Setting " + setting + ": " + file + " cannot be read: " + e);
            }
        });
    }

    /**
     * The settings of Kafka clients: the environment's, the {@code --config} file's, with the addresses filled in.
     *
     * @throws CommandException when nothing says where the broker or the registry is
     */
    public Map<String, Object> clientConfig() {
        Map<String, Object> config = kafkaConfig();
        config.put(
                "schema.registry.url",
                findRegistry()
                        .orElseThrow(() -> unknownAddress("schema registry", "--schema-registry http://HOST:PORT")));
        return config;
    }

    private Map<String, Object> kafkaConfig() {
        var given = new HashMap<String, String>();
        System.getenv()
                .forEach((variable, value) ->
                        KafkaSettings.settingOf(variable).ifPresent(name -> given.put(name, value)));
        configFile().forEach((key, value) -> {
            if (!key.startsWith("kappa.")) {
                given.put(key, value);
            } else if (key.startsWith("kappa.kafka.")) {
                given.put(key.substring("kappa.kafka.".length()), value);
            }
        });
        given.put(
                "bootstrap.servers",
                findBootstrapServer().orElseThrow(() -> unknownAddress("Kafka", "--bootstrap-server HOST:PORT")));
        try {
            return new HashMap<>(Secrets.resolved(given));
        } catch (IllegalArgumentException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()));
        }
    }

    private static CommandException unknownAddress(String what, String option) {
        return CommandException.usage("No " + what + " address configured. Give " + option
                + ", start everything on this machine with kappa up, or name the --data-dir of a kappa up that runs.");
    }

    private Optional<String> find(@Nullable String given, String configKey, String addressesKey) {
        if (given != null) {
            return Optional.of(given);
        }
        Map<String, String> configured = configFile();
        return Optional.ofNullable(configured.get(configKey))
                .or(() -> Optional.ofNullable(configured.get("kappa.kafka." + configKey)))
                .or(() -> Optional.ofNullable(System.getenv(variable(configKey))))
                .or(() -> Optional.ofNullable(addressesOfRunningUp().get(addressesKey)));
    }

    /** As docs/configuration.md has it: {@code schema.registry.url} is {@code KAPPA_KAFKA_SCHEMA_REGISTRY_URL}. */
    private static String variable(String configKey) {
        String prefix = configKey.startsWith("kappa.") ? "" : "kappa.kafka.";
        return (prefix + configKey).toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** Empty unless {@code kappa up} is running: one that was killed leaves its file behind. */
    private Map<String, String> addressesOfRunningUp() {
        if (!Files.exists(addressesFile())) {
            return Map.of();
        }
        Map<String, String> addresses = read(addressesFile(), "kappa up");
        boolean running = Optional.ofNullable(addresses.get("pid"))
                .map(pid -> ProcessHandle.of(Long.parseLong(pid)).isPresent())
                .orElse(true);
        return running ? addresses : Map.of();
    }

    private static Map<String, String> read(Path file, String from) {
        var properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw CommandException.usage("The file " + file + " (" + from + ") cannot be read: " + e);
        }
        var settings = new HashMap<String, String>();
        properties.stringPropertyNames().forEach(key -> settings.put(key, properties.getProperty(key)));
        return settings;
    }
}
