package dev.kappa.app.config;

import dev.kappa.reprocessing.cluster.ByteSize;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.cluster.Secrets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The settings under {@code kappa.}.
 *
 * @param kafka settings of every Kafka client and serde, under Kafka's own names
 * @param views parameters of the views' first versions, by view and parameter name
 * @param prefix stands before every name on the cluster
 * @param stateDir where local state is kept; belongs to one instance at a time
 * @param advertised where other instances reach this one; absent: the address it listens on
 * @param pool which of the versions this instance runs, with others like it
 * @param publish views whose results are published to a stable topic
 * @param threads stream threads that the active versions share
 * @param standbys copies of each store on other instances
 * @param handOver how long an instance that is to stop waits until others have copies of all it has
 * @param replayThreads stream threads that replays share
 * @param replayFetchBytes what a thread of a replay fetches at a time, in bytes
 * @param replayMaxLag records from its end that each partition may be when a replay counts as caught up
 * @param rocksDbMemory bound, in bytes, on what all RocksDB stores together take for blocks and write buffers
 * @param serde class of the Avro serde
 * @param alignment how inputs are kept aligned on event time
 * @param topics how topics are made that do not exist yet
 * @param security who may do what
 * @param tls how connections are encrypted; absent: they are not
 */
public record KappaConfig(
        Map<String, String> kafka,
        Map<String, Map<String, String>> views,
        String prefix,
        Path stateDir,
        Optional<String> advertised,
        Pool pool,
        Set<String> publish,
        int threads,
        int standbys,
        Duration handOver,
        int replayThreads,
        long replayFetchBytes,
        long replayMaxLag,
        long rocksDbMemory,
        String serde,
        Alignment alignment,
        Topics topics,
        Security security,
        Optional<Tls> tls) {

    /** What instances of a pool are for. */
    public enum Role {
        /** For everything. */
        ALL,
        /** For what readers are given, or are about to be. */
        LIVE,
        /** For replays; they go on with a version that becomes active until they are taken away. */
        REPLAY
    }

    /**
     * Instances that run the same versions. Copies of a store are kept in another pool than the store itself where there is one,
     * so that a pool may be taken away as a whole.
     *
     * @param name names it
     * @param role what it is for
     * @param include the only views it runs; all when empty
     * @param exclude views it does not run
     */
    public record Pool(String name, Role role, Set<String> include, Set<String> exclude) {

        public Pool {
            include = Set.copyOf(include);
            exclude = Set.copyOf(exclude);
        }

        /** Whether its instances begin to run a version of a view that is in a phase. */
        public boolean begins(String view, Phase phase) {
            return runs(view)
                    && switch (role) {
                        case ALL -> true;
                        case LIVE -> phase != Phase.REPLAYING;
                        case REPLAY -> phase.isUnderWay();
                    };
        }

        /** Whether its instances run versions of a view at all. */
        public boolean runs(String view) {
            return (include.isEmpty() || include.contains(view)) && !exclude.contains(view);
        }
    }

    /** How callers are known. */
    public enum Mode {
        /** They are not: anybody may do anything. */
        OPEN,
        /** By tokens whose sums are in a file. */
        TOKENS,
        /** By signed JSON Web Tokens. */
        JWT,
        /** By the certificates of their connections (mutual TLS). */
        MTLS
    }

    /**
     * Who may do what.
     *
     * @param mode how callers are known
     * @param stated whether the settings say so, or it is the default
     * @param tokensFile sums of tokens, with {@link Mode#TOKENS}
     * @param jwt which tokens are accepted, with {@link Mode#JWT}
     * @param certificatesFile names in certificates, with {@link Mode#MTLS}
     * @param fleetSecretFile what the instances know each other by
     * @param requestsPerSecond how many requests each caller that is known may make; 0: any number
     */
    public record Security(
            Mode mode,
            boolean stated,
            Optional<Path> tokensFile,
            Optional<Jwt> jwt,
            Optional<Path> certificatesFile,
            Optional<Path> fleetSecretFile,
            int requestsPerSecond) {}

    /**
     * How connections are encrypted. Files are PEM, and read again from time to time.
     *
     * @param certificateFile certificate of this instance, followed by those that lead to its authority
     * @param keyFile its private key
     * @param authoritiesFile authorities that certificates of other instances and, with {@link Mode#MTLS}, of callers must
     *     come from; absent: what the JVM trusts
     * @param reloadInterval how often the files are read again
     */
    public record Tls(Path certificateFile, Path keyFile, Optional<Path> authoritiesFile, Duration reloadInterval) {}

    /**
     * Which JSON Web Tokens are accepted.
     *
     * @param keys file or address of a key set
     * @param issuer who must have issued them
     * @param audience whom they must be meant for
     * @param rolesClaim claim that holds the roles; dots lead into objects
     */
    public record Jwt(String keys, String issuer, String audience, String rolesClaim) {}

    /**
     * How inputs are kept aligned on event time.
     *
     * @param enabled whether they are; without, results are those of plain Kafka Streams
     * @param maxSkew how far a partition may be ahead of the slowest; absent: derived from each version
     * @param idleTimeout how long a partition at its end holds the others
     */
    public record Alignment(boolean enabled, Optional<Duration> maxSkew, Duration idleTimeout) {}

    /**
     * How topics are made.
     *
     * @param createInputs whether input topics that do not exist are created; if not, the app refuses to start
     * @param partitions partitions of topics the app creates
     * @param replicationFactor their replicas; -1 leaves it to the broker
     * @param maxMessageBytes bound on a record in Kappa's own topics, and on what is read of an input
     */
    public record Topics(boolean createInputs, int partitions, short replicationFactor, int maxMessageBytes) {}

    private static final String KAFKA = "kafka.";
    private static final String VIEWS = "views.";
    private static final String PUBLISH = "publish";
    private static final Pattern ADDRESS = Pattern.compile("[^\\s/]+:\\d{1,5}");
    /** What Kafka Streams takes as a client's tag. */
    private static final Pattern POOL = Pattern.compile("[\\w.-]{1,30}");

    private static final long MIN_MESSAGE_BYTES = 64 << 10;
    private static final long MAX_MESSAGE_BYTES = 1 << 30;

    private static final Map<String, String> DEFAULTS = defaults(
            "prefix", "",
            "state-dir", "local-dev/data/state",
            "advertised", "",
            "pool", "default",
            "role", "all",
            "include", "",
            "exclude", "",
            "threads", "4",
            "standbys", "1",
            "hand-over", "PT0S",
            "replay.threads", "2",
            "replay.fetch-bytes", "4MB",
            "replay.max-lag", "1000",
            "rocksdb-memory", "256MB",
            "serde", "dev.kappa.avro.AvroSerde",
            "alignment.enabled", "true",
            "alignment.max-skew", "",
            "alignment.idle-timeout", "PT5S",
            "topics.create-inputs", "true",
            "topics.partitions", "4",
            "topics.replication-factor", "-1",
            "topics.max-message-bytes", "16MB",
            "security.mode", "",
            "security.tokens-file", "",
            "security.certificates-file", "",
            "security.fleet-secret-file", "",
            "security.requests-per-second", "1000",
            "security.jwt.keys", "",
            "security.jwt.issuer", "",
            "security.jwt.audience", "",
            "security.jwt.roles-claim", "roles",
            "tls.certificate-file", "",
            "tls.key-file", "",
            "tls.authorities-file", "",
            "tls.reload-interval", "PT1M");

    private static Map<String, String> defaults(String... keysAndValues) {
        var defaults = new HashMap<String, String>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            defaults.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return Map.copyOf(defaults);
    }

    /**
     * Reads and checks the settings.
     *
     * @param settings everything under {@code kappa.}, without that prefix
     * @throws ConfigurationException naming the setting that is unknown, missing or wrong
     */
    public static KappaConfig of(Map<String, String> settings) {
        var kafka = new TreeMap<String, String>();
        var views = new TreeMap<String, Map<String, String>>();
        var publish = new TreeSet<String>();
        var own = new HashMap<>(DEFAULTS);
        settings.forEach((key, value) -> {
            if (key.startsWith(KAFKA)) {
                kafka.put(key.substring(KAFKA.length()), value);
            } else if (key.startsWith(VIEWS)) {
                List<String> path = List.of(key.substring(VIEWS.length()).split("\\.", -1));
                if (path.size() != 2) {
                    throw new ConfigurationException(
                            "Setting kappa." + key + " is not of the form kappa.views.VIEW.PARAMETER");
                }
                if (path.getLast().equals(PUBLISH)) {
                    if (flag(Map.of(key, value), key)) {
                        publish.add(path.getFirst());
                    }
                    return;
                }
                views.computeIfAbsent(path.getFirst(), _ -> new TreeMap<>()).put(path.getLast(), value);
            } else if (own.containsKey(key)) {
                own.put(key, value);
            } else {
                throw new ConfigurationException(
                        "Unknown setting kappa." + key + "; did you mean kappa." + closest(key) + "?");
            }
        });
        require(kafka, "bootstrap.servers", "the Kafka brokers, as --bootstrap-server HOST:PORT");
        require(kafka, "schema.registry.url", "the schema registry, as --registry http://HOST:PORT");
        return new KappaConfig(
                resolved(kafka),
                views,
                text(own, "prefix"),
                Path.of(text(own, "state-dir")),
                advertised(own),
                pool(own),
                publish,
                number(own, "threads", 1, 64),
                number(own, "standbys", 0, 5),
                duration(own, "hand-over"),
                number(own, "replay.threads", 1, 64),
                fetchBytes(own),
                number(own, "replay.max-lag", 0, Integer.MAX_VALUE),
                bytes(own, "rocksdb-memory"),
                text(own, "serde"),
                new Alignment(
                        flag(own, "alignment.enabled"),
                        text(own, "alignment.max-skew").isBlank()
                                ? Optional.empty()
                                : Optional.of(duration(own, "alignment.max-skew")),
                        duration(own, "alignment.idle-timeout")),
                new Topics(
                        flag(own, "topics.create-inputs"),
                        number(own, "topics.partitions", 1, 10_000),
                        (short) number(own, "topics.replication-factor", -1, 100),
                        maxMessageBytes(own)),
                security(own),
                tls(own));
    }

    private static Map<String, String> resolved(Map<String, String> kafka) {
        try {
            return KafkaClientSettings.checked(Secrets.resolved(kafka));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()));
        }
    }

    /** Without the values of Kafka's settings, which may be secret. */
    @Override
    public String toString() {
        return "KappaConfig[kafka=" + kafka.keySet() + ", prefix=" + prefix + ", pool=" + pool.name() + "]";
    }

    private static Pool pool(Map<String, String> own) {
        String name = text(own, "pool").strip();
        if (!POOL.matcher(name).matches()) {
            throw wrong(own, "pool", "30 letters, digits, dots, dashes and underlines at most");
        }
        Role role = switch (text(own, "role").strip()) {
            case "all" -> Role.ALL;
            case "live" -> Role.LIVE;
            case "replay" -> Role.REPLAY;
            default -> throw wrong(own, "role", "all, live or replay");
        };
        return new Pool(name, role, names(own, "include"), names(own, "exclude"));
    }

    private static Set<String> names(Map<String, String> own, String key) {
        return Arrays.stream(text(own, key).split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toSet());
    }

    private static Security security(Map<String, String> own) {
        String stated = text(own, "security.mode").strip();
        Mode mode = switch (stated) {
            case "", "none" -> Mode.OPEN;
            case "tokens" -> Mode.TOKENS;
            case "jwt" -> Mode.JWT;
            case "mtls" -> Mode.MTLS;
            default -> throw wrong(own, "security.mode", "none, tokens, jwt or mtls");
        };
        if (mode != Mode.OPEN) {
            needed(own, "security.fleet-secret-file", stated);
        }
        if (mode == Mode.MTLS) {
            needed(own, "tls.certificate-file", stated);
            needed(own, "tls.authorities-file", stated);
        }
        return new Security(
                mode,
                !stated.isEmpty(),
                mode == Mode.TOKENS
                        ? Optional.of(Path.of(needed(own, "security.tokens-file", stated)))
                        : Optional.empty(),
                mode == Mode.JWT
                        ? Optional.of(new Jwt(
                                needed(own, "security.jwt.keys", stated),
                                needed(own, "security.jwt.issuer", stated),
                                needed(own, "security.jwt.audience", stated),
                                needed(own, "security.jwt.roles-claim", stated)))
                        : Optional.empty(),
                mode == Mode.MTLS
                        ? Optional.of(Path.of(needed(own, "security.certificates-file", stated)))
                        : Optional.empty(),
                file(own, "security.fleet-secret-file"),
                number(own, "security.requests-per-second", 0, 1_000_000));
    }

    private static Optional<Tls> tls(Map<String, String> own) {
        Optional<Path> certificate = file(own, "tls.certificate-file");
        Optional<Path> key = file(own, "tls.key-file");
        if (certificate.isPresent() != key.isPresent()) {
            throw new ConfigurationException("Missing setting kappa.tls."
                    + (key.isPresent() ? "certificate-file" : "key-file") + ": a certificate and its key go together");
        }
        Duration interval = duration(own, "tls.reload-interval");
        if (interval.isZero()) {
            throw wrong(own, "tls.reload-interval", "longer");
        }
        return certificate.map(file -> new Tls(file, key.orElseThrow(), file(own, "tls.authorities-file"), interval));
    }

    private static Optional<Path> file(Map<String, String> own, String key) {
        return Optional.of(text(own, key).strip())
                .filter(file -> !file.isEmpty())
                .map(Path::of);
    }

    private static String needed(Map<String, String> own, String key, String mode) {
        String value = text(own, key).strip();
        if (value.isEmpty()) {
            throw new ConfigurationException(
                    "Missing setting kappa." + key + ": kappa.security.mode=" + mode + " needs it");
        }
        return value;
    }

    /**
     * The setting an environment variable stands for, without {@code kappa.}: {@code KAPPA_STATE_DIR} is {@code
     * state-dir}, {@code KAPPA_KAFKA_SASL_MECHANISM} is {@code kafka.sasl.mechanism}. Empty for any other variable.
     */
    static Optional<String> keyOfVariable(String variable) {
        return KafkaSettings.settingOf(variable).map(KAFKA::concat).or(() -> ownKeyOf(variable));
    }

    private static Optional<String> ownKeyOf(String variable) {
        return DEFAULTS.keySet().stream()
                .filter(key -> variable.equals("KAPPA_"
                        + key.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_')))
                .findFirst();
    }

    private static Optional<String> advertised(Map<String, String> own) {
        String address = text(own, "advertised").strip();
        if (!address.isEmpty() && !ADDRESS.matcher(address).matches()) {
            throw wrong(own, "advertised", "HOST:PORT");
        }
        return Optional.of(address).filter(value -> !value.isEmpty());
    }

    private static void require(Map<String, String> kafka, String key, String what) {
        if (!kafka.containsKey(key)) {
            throw new ConfigurationException("Missing setting kappa.kafka." + key + ": " + what);
        }
    }

    private static String text(Map<String, String> own, String key) {
        return own.getOrDefault(key, "");
    }

    private static int number(Map<String, String> own, String key, int atLeast, int atMost) {
        try {
            int value = Integer.parseInt(text(own, key).strip());
            if (value >= atLeast && value <= atMost) {
                return value;
            }
        } catch (NumberFormatException notANumber) {
            // Falls through to the same message.
        }
        throw wrong(own, key, "a whole number between " + atLeast + " and " + atMost);
    }

    private static long fetchBytes(Map<String, String> own) {
        long bytes = bytes(own, "replay.fetch-bytes");
        if (bytes < 1 || bytes > Integer.MAX_VALUE) {
            throw wrong(own, "replay.fetch-bytes", "between 1B and 2047MB");
        }
        return bytes;
    }

    private static boolean flag(Map<String, String> own, String key) {
        return switch (text(own, key).strip()) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong(own, key, "true or false");
        };
    }

    private static Duration duration(Map<String, String> own, String key) {
        try {
            Duration duration = Duration.parse(text(own, key).strip());
            if (!duration.isNegative() && duration.compareTo(Duration.ofDays(36_500)) <= 0) {
                return duration;
            }
        } catch (DateTimeParseException notADuration) {
            // Falls through to the same message.
        }
        throw wrong(own, key, "a duration such as PT10M, of 100 years at most");
    }

    private static long bytes(Map<String, String> own, String key) {
        try {
            return ByteSize.parse(text(own, key));
        } catch (IllegalArgumentException e) {
            throw wrong(own, key, "a size such as 256MB");
        }
    }

    private static int maxMessageBytes(Map<String, String> own) {
        long bytes = bytes(own, "topics.max-message-bytes");
        if (bytes < MIN_MESSAGE_BYTES || bytes > MAX_MESSAGE_BYTES) {
            throw wrong(own, "topics.max-message-bytes", "between 64KB and 1GB");
        }
        return (int) bytes;
    }

    private static ConfigurationException wrong(Map<String, String> own, String key, String expected) {
        return new ConfigurationException(
                "Setting kappa." + key + " must be " + expected + "; got \"" + text(own, key) + "\"");
    }

    private static String closest(String key) {
        return DEFAULTS.keySet().stream()
                .min((a, b) -> Integer.compare(distance(key, a), distance(key, b)))
                .orElseThrow();
    }

    /** Levenshtein's edit distance. */
    static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[b.length()];
    }
}
