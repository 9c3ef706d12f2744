package dev.kappa.app.config;

import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.Secrets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The settings under {@code kappa.}.
 *
 * @param kafka settings of every Kafka client and serde, under Kafka's own names
 * @param views parameters of the views' first versions, by view and parameter name
 * @param prefix stands before every name on the cluster
 * @param stateDir where local state is kept; belongs to one instance at a time
 * @param advertised where other instances reach this one; absent: the address it listens on
 * @param pool which of the versions this instance runs, with others like it
 * @param samples whether it runs sample views
 * @param publish views whose results are published to a stable topic
 * @param threads stream threads that the active versions share
 * @param standbys copies of each store on other instances
 * @param handOver maximum wait for complete standbys elsewhere when the instance is told to stop
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
        boolean samples,
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

    /** The role of the instances of a pool. */
    public enum Role {
        /** For everything. */
        ALL,
        /** For what readers are given, or are about to be. */
        LIVE,
        /** For replays; they keep a version that becomes active until they are removed. */
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
     * The callers and their rights.
     *
     * @param mode how callers are known
     * @param stated whether the settings say so, or it is the default
     * @param tokensFile sums of tokens, with {@link Mode#TOKENS}
     * @param jwt which tokens are accepted, with {@link Mode#JWT}
     * @param certificatesFile names in certificates, with {@link Mode#MTLS}
     * @param fleetSecretFile what the instances know each other by
     * @param hosts names by which requests may name this instance, beside those that it knows
     * @param encryptedInFront whether something else encrypts the connections
     * @param requestsPerSecond how many requests each caller that is known may make; 0: any number
     */
    public record Security(
            Mode mode,
            boolean stated,
            Optional<Path> tokensFile,
            Optional<Jwt> jwt,
            Optional<Path> certificatesFile,
            Optional<Path> fleetSecretFile,
            Set<String> hosts,
            boolean encryptedInFront,
            int requestsPerSecond) {

        public Security {
            hosts = Set.copyOf(hosts);
        }
    }

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
     * @param audience the audience that they must name
     * @param rolesClaim claim that holds the roles; dots lead into objects
     * @param rolesPrefix what the roles that are meant for Kappa begin with
     * @param keysOutage how long the last keys are good while their address does not answer
     */
    public record Jwt(
            String keys, String issuer, String audience, String rolesClaim, String rolesPrefix, Duration keysOutage) {}

    /**
     * How inputs are kept aligned on event time.
     *
     * @param enabled whether they are; if false, results are those of plain Kafka Streams
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
        var own = new HashMap<String, String>();
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
                    if (Setting.flag(key, false, "").of(Map.of(key, value))) {
                        publish.add(path.getFirst());
                    }
                    return;
                }
                views.computeIfAbsent(path.getFirst(), _ -> new TreeMap<>()).put(path.getLast(), value);
            } else if (Settings.isKnown(key)) {
                own.put(key, value);
            } else {
                throw new ConfigurationException(Settings.renamed(key)
                        .map(now -> "Setting kappa." + key + " (" + Setting.variable(key) + ") was renamed; use kappa."
                                + now + " (" + Setting.variable(now) + ")")
                        .orElseGet(() -> "Unknown setting kappa." + key + "; did you mean kappa."
                                + Settings.closest(key) + "?"));
            }
        });
        require(kafka, "bootstrap.servers", "the Kafka brokers, as --bootstrap-server HOST:PORT");
        require(kafka, "schema.registry.url", "the schema registry, as --schema-registry http://HOST:PORT");
        return new KappaConfig(
                resolved(kafka),
                views,
                Settings.PREFIX.of(own),
                Settings.STATE_DIR.of(own),
                Optional.of(Settings.ADVERTISED.of(own)).filter(address -> !address.isEmpty()),
                new Pool(
                        Settings.POOL.of(own),
                        Settings.ROLE.of(own),
                        Settings.INCLUDE.of(own),
                        Settings.EXCLUDE.of(own)),
                Settings.SAMPLES.of(own),
                publish,
                Settings.THREADS.of(own),
                Settings.STANDBYS.of(own),
                Settings.HAND_OVER.of(own),
                Settings.REPLAY_THREADS.of(own),
                Settings.REPLAY_FETCH_BYTES.of(own),
                Settings.REPLAY_MAX_LAG.of(own),
                Settings.ROCKSDB_MEMORY.of(own),
                Settings.SERDE.of(own),
                new Alignment(
                        Settings.ALIGNMENT_ENABLED.of(own),
                        Settings.ALIGNMENT_MAX_SKEW.of(own),
                        Settings.ALIGNMENT_IDLE_TIMEOUT.of(own)),
                new Topics(
                        Settings.CREATE_INPUTS.of(own),
                        Settings.PARTITIONS.of(own),
                        Settings.REPLICATION_FACTOR.of(own).shortValue(),
                        Settings.MAX_MESSAGE_BYTES.of(own).intValue()),
                security(own),
                tls(own));
    }

    private static Map<String, String> resolved(Map<String, String> kafka) {
        try {
            return KafkaClientSettings.of(Secrets.resolved(kafka));
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()));
        }
    }

    /** Without the values of Kafka's settings, which may be secret. */
    @Override
    public String toString() {
        return "KappaConfig[kafka=" + kafka.keySet() + ", prefix=" + prefix + ", pool=" + pool.name() + "]";
    }

    private static Security security(Map<String, String> own) {
        Mode mode = Settings.SECURITY_MODE.of(own);
        String stated = own.getOrDefault(Settings.SECURITY_MODE.key(), "").strip();
        String neededBy = "kappa.security.mode=" + stated + " needs it";
        if (mode != Mode.OPEN) {
            Settings.FLEET_SECRET_FILE.required(own, neededBy);
        }
        if (mode == Mode.MTLS) {
            Settings.CERTIFICATE_FILE.required(own, neededBy);
        }
        if (mode == Mode.MTLS
                || (mode != Mode.OPEN && Settings.CERTIFICATE_FILE.of(own).isPresent())) {
            // Whoever has a certificate of a public authority must not be taken for an instance.
            Settings.AUTHORITIES_FILE.required(
                    own, neededBy + ": the authority that issues the certificates of the instances");
        }
        return new Security(
                mode,
                !stated.isEmpty(),
                mode == Mode.TOKENS
                        ? Optional.of(Path.of(Settings.TOKENS_FILE.required(own, neededBy)))
                        : Optional.empty(),
                mode == Mode.JWT
                        ? Optional.of(new Jwt(
                                Settings.JWT_KEYS.required(own, neededBy),
                                Settings.JWT_ISSUER.required(own, neededBy),
                                Settings.JWT_AUDIENCE.required(own, neededBy),
                                Settings.JWT_ROLES_CLAIM.required(own, neededBy),
                                Settings.JWT_ROLES_PREFIX.of(own),
                                Settings.JWT_KEYS_OUTAGE.of(own)))
                        : Optional.empty(),
                mode == Mode.MTLS
                        ? Optional.of(Path.of(Settings.CERTIFICATES_FILE.required(own, neededBy)))
                        : Optional.empty(),
                Settings.FLEET_SECRET_FILE.of(own),
                Settings.HOSTS.of(own),
                Settings.TERMINATED.of(own),
                Settings.REQUESTS_PER_SECOND.of(own));
    }

    private static Optional<Tls> tls(Map<String, String> own) {
        Optional<Path> certificate = Settings.CERTIFICATE_FILE.of(own);
        Optional<Path> key = Settings.KEY_FILE.of(own);
        if (certificate.isPresent() != key.isPresent()) {
            throw new ConfigurationException("Missing setting kappa.tls."
                    + (key.isPresent() ? "certificate-file" : "key-file") + ": a certificate and its key go together");
        }
        Duration interval = Settings.RELOAD_INTERVAL.of(own);
        if (interval.isZero()) {
            throw Settings.RELOAD_INTERVAL.wrong(own, "longer");
        }
        return certificate.map(file -> new Tls(file, key.orElseThrow(), Settings.AUTHORITIES_FILE.of(own), interval));
    }

    /**
     * The setting an environment variable stands for, without {@code kappa.}: {@code KAPPA_STATE_DIR} is {@code
     * state-dir}, {@code KAPPA_KAFKA_SASL_MECHANISM} is {@code kafka.sasl.mechanism}. Empty for any other variable.
     */
    static Optional<String> keyOfVariable(String variable) {
        return KafkaSettings.settingOf(variable).map(KAFKA::concat).or(() -> Settings.keyOfVariable(variable));
    }

    private static void require(Map<String, String> kafka, String key, String what) {
        if (!kafka.containsKey(key)) {
            throw new ConfigurationException("Missing setting kappa.kafka." + key + ": " + what);
        }
    }
}
