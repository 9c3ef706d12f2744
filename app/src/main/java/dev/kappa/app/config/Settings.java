package dev.kappa.app.config;

import static dev.kappa.app.config.Setting.bytes;
import static dev.kappa.app.config.Setting.choice;
import static dev.kappa.app.config.Setting.duration;
import static dev.kappa.app.config.Setting.file;
import static dev.kappa.app.config.Setting.flag;
import static dev.kappa.app.config.Setting.matching;
import static dev.kappa.app.config.Setting.names;
import static dev.kappa.app.config.Setting.number;
import static dev.kappa.app.config.Setting.optionalDuration;
import static dev.kappa.app.config.Setting.text;

import dev.kappa.app.config.KappaConfig.Mode;
import dev.kappa.app.config.KappaConfig.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Every setting under {@code kappa.}, declared once: {@link KappaConfig} reads them, and {@code docs/configuration.md} lists them.
 */
final class Settings {

    private static final String SIZE = "a size such as 256MB";

    /** The values that Kafka Streams accepts as a client's tag. */
    private static final Pattern POOL_NAME = Pattern.compile("[\\w.-]{1,30}");

    private static final Pattern HOST_NAME = Pattern.compile("(\\*\\.)?[\\w-]+(\\.[\\w-]+)*");

    private static final Pattern ADDRESS = Pattern.compile("[^\\s/]+:\\d{1,5}");

    static final Setting<String> PREFIX = text(
            "prefix",
            "",
            "empty",
            "prefix of all names that Kappa owns on the cluster: groups, outputs, dead letters, internal topics; inputs keep their names");
    static final Setting<Path> STATE_DIR = new Setting<>(
            "state-dir",
            "kappa-state",
            "`kappa-state`",
            "a directory",
            Path::of,
            "directory of the local state, one for each instance");
    static final Setting<String> ADVERTISED = matching(
            "advertised.address",
            "",
            "the address it listens on",
            "HOST:PORT",
            ADDRESS,
            "address at which other instances reach this one, as `HOST:PORT`");
    static final Setting<String> POOL = matching(
            "pool.name",
            "default",
            "`default`",
            "30 letters, digits, dots, dashes and underlines at most",
            POOL_NAME,
            "name of the pool that this instance belongs to; standbys are placed in a different pool than the active store, if there is one");
    static final Setting<Role> ROLE = choice(
            "pool.role",
            "all",
            "all, live or replay",
            Map.of("all", Role.ALL, "live", Role.LIVE, "replay", Role.REPLAY),
            "role of the instances in the pool: `live` instances do not run versions that read history; `replay` instances start only such versions, and keep one that becomes active until the instances are removed");
    static final Setting<Set<String>> INCLUDE =
            names("pool.include", "all", "the only views that the instance runs, separated by commas");
    static final Setting<Set<String>> EXCLUDE =
            names("pool.exclude", "none", "views that the instance does not run, separated by commas");
    static final Setting<Boolean> SAMPLES =
            flag("samples", false, "whether the instance runs the sample views that come with Kappa");
    static final Setting<Integer> THREADS = number(
            "stream-threads", 4, 1, 64, "stream threads that the active versions share; each version has at least one");
    static final Setting<Integer> STANDBYS = number(
            "standby-replicas",
            1,
            0,
            5,
            "standby copies of each store on other instances; they answer queries while an instance is unavailable");
    static final Setting<Duration> HAND_OVER = duration(
            "hand-over",
            "PT0S",
            "maximum wait for complete standbys on other instances before this one stops; instances that stop at the same time leave one after the other");
    static final Setting<Integer> REPLAY_THREADS = number(
            "replay.threads",
            2,
            1,
            64,
            "stream threads that replays share; each replay has at least one, and keeps its number of threads until the instance restarts");
    static final Setting<Long> REPLAY_FETCH_BYTES = bytes(
            "replay.fetch-bytes",
            "4MB",
            1,
            Integer.MAX_VALUE,
            "between 1B and 2047MB",
            "bytes that a thread of a replay fetches at a time");
    static final Setting<Integer> REPLAY_MAX_LAG = number(
            "replay.max-lag",
            1000,
            0,
            Integer.MAX_VALUE,
            "maximum lag of each input partition, in records, at which a version counts as caught up");
    static final Setting<Long> ROCKSDB_MEMORY = bytes(
            "rocksdb-memory",
            "256MB",
            0,
            Long.MAX_VALUE,
            SIZE,
            "memory that all RocksDB stores share for blocks, indexes, write buffers and the writes of open transactions. The more stores are written to, the smaller each write buffer: increase it for hundreds of open stores or window segments");
    static final Setting<String> SERDE = text(
            "serde",
            "dev.kappa.avro.AvroSerde",
            "`dev.kappa.avro.AvroSerde`",
            "class of the Avro serde; Confluent's `SpecificAvroSerde` also works");
    static final Setting<Boolean> ALIGNMENT_ENABLED = flag(
            "alignment.enabled",
            true,
            "whether input partitions are read in step by event time, with lateness taken from the log; if false, results are those of plain Kafka Streams");
    static final Setting<Optional<Duration>> ALIGNMENT_MAX_SKEW = optionalDuration(
            "alignment.max-skew",
            "derived",
            "maximum distance in event time between the most advanced and the slowest partition. Derived: half of the distance that the stores of the version permit (retention minus window and grace), at most `P100D`");
    static final Setting<Duration> ALIGNMENT_IDLE_TIMEOUT = duration(
            "alignment.idle-timeout",
            "PT5S",
            "how long a partition without more records holds back older events that begin to arrive in other partitions; not used in a replay");
    static final Setting<Boolean> CREATE_INPUTS = flag(
            "topics.create-inputs",
            false,
            "whether missing input topics are created; if false, a version waits for its missing inputs");
    static final Setting<Integer> PARTITIONS =
            number("topics.partitions", 4, 1, 10_000, "partitions of the topics that the app creates");
    static final Setting<Integer> REPLICATION_FACTOR = number(
            "topics.replication-factor",
            -1,
            -1,
            100,
            "replication factor of the topics that the app creates; -1: the default of the broker");
    static final Setting<Long> MAX_MESSAGE_BYTES = bytes(
            "topics.max-message-bytes",
            "16MB",
            64 << 10,
            1 << 30,
            "between 64KB and 1GB",
            "`max.message.bytes` of Kappa's own topics; a larger input record goes to the dead letters without its bytes. Set a smaller value if the brokers allow less");
    static final Setting<Mode> SECURITY_MODE = choice(
            "security.mode",
            "",
            "none, tokens, jwt or mtls",
            Map.of("", Mode.OPEN, "none", Mode.OPEN, "tokens", Mode.TOKENS, "jwt", Mode.JWT, "mtls", Mode.MTLS),
            "how callers are authenticated: `none`, `tokens`, `jwt` or `mtls` ([HTTP](http.md#security)); required to listen on an address other than loopback");
    static final Setting<Optional<Path>> TOKENS_FILE =
            file("security.tokens-file", "", "digests of tokens and their roles, with `tokens`");
    static final Setting<String> JWT_KEYS =
            text("security.jwt.keys", "", "", "file or address of the key set (JWKS), with `jwt`");
    static final Setting<String> JWT_ISSUER =
            text("security.jwt.issuer", "", "", "the issuer that tokens must name, with `jwt`");
    static final Setting<String> JWT_AUDIENCE =
            text("security.jwt.audience", "", "", "the audience that tokens must name, with `jwt`");
    static final Setting<String> JWT_ROLES_CLAIM = text(
            "security.jwt.roles-claim",
            "roles",
            "`roles`",
            "claim that holds the roles; dots separate the names of nested objects");
    static final Setting<String> JWT_ROLES_PREFIX = text(
            "security.jwt.roles-prefix",
            "kappa:",
            "`kappa:`",
            "beginning of the roles that are meant for Kappa, as in `kappa:reader`; others are ignored. If it is set and empty, a role `admin` is Kappa's `admin`");
    static final Setting<Duration> JWT_KEYS_OUTAGE = duration(
            "security.jwt.keys-outage",
            "PT1H",
            "how long the last keys verify tokens while the address of the key set does not answer");
    static final Setting<Optional<Path>> FLEET_SECRET_FILE = file(
            "security.fleet-secret-file",
            "",
            "secret by which the instances of a fleet authenticate each other; needed with every mode but `none`. While it is replaced, two secrets, in a line each: the first signs, both are accepted");
    static final Setting<Set<String>> HOSTS = names(
            "security.hosts",
            "none",
            HOST_NAME,
            "host names without ports, separated by commas, such as kappa.example.org or *.example.org",
            "host names by which requests may name this instance, beside IP addresses, `localhost`, its advertised address and names of Services; `*.example.org` allows all names below `example.org`");
    static final Setting<Optional<Path>> CERTIFICATES_FILE =
            file("security.certificates-file", "", "names in certificates and their roles, with `mtls`");
    static final Setting<Integer> REQUESTS_PER_SECOND = number(
            "security.requests-per-second",
            1000,
            0,
            1_000_000,
            "maximum requests per second of each authenticated caller to one instance, and maximum burst; further requests get 429. 0: no limit");
    static final Setting<Optional<Path>> CERTIFICATE_FILE = file(
            "tls.certificate-file",
            "",
            "PEM certificate chain of this instance, its own certificate first; if set, the instance serves [HTTPS](http.md#tls)");
    static final Setting<Optional<Path>> KEY_FILE = file("tls.key-file", "", "PEM private key of the certificate");
    static final Setting<Optional<Path>> AUTHORITIES_FILE = file(
            "tls.ca-file",
            "those of the JVM",
            "PEM certificates of the authorities that issue the certificates of other instances and, with `mtls`, of callers; required with `tls.certificate-file` in every mode but `none`");
    static final Setting<Boolean> TERMINATED = flag(
            "tls.terminated",
            false,
            "whether something in front of the instances, such as the proxies of a service mesh, encrypts all connections to them and between them. Without it and without `tls.certificate-file`, an instance with `tokens` or `jwt` refuses to start on an address other than loopback");
    static final Setting<Duration> RELOAD_INTERVAL =
            duration("tls.reload-interval", "PT1M", "interval at which the TLS files are reloaded");

    /** All of them, as the documentation lists them. */
    static final List<Setting<?>> ALL = List.of(
            PREFIX,
            STATE_DIR,
            ADVERTISED,
            POOL,
            ROLE,
            INCLUDE,
            EXCLUDE,
            SAMPLES,
            THREADS,
            STANDBYS,
            HAND_OVER,
            REPLAY_THREADS,
            REPLAY_FETCH_BYTES,
            REPLAY_MAX_LAG,
            ROCKSDB_MEMORY,
            SERDE,
            ALIGNMENT_ENABLED,
            ALIGNMENT_MAX_SKEW,
            ALIGNMENT_IDLE_TIMEOUT,
            CREATE_INPUTS,
            PARTITIONS,
            REPLICATION_FACTOR,
            MAX_MESSAGE_BYTES,
            SECURITY_MODE,
            TOKENS_FILE,
            JWT_KEYS,
            JWT_ISSUER,
            JWT_AUDIENCE,
            JWT_ROLES_CLAIM,
            JWT_ROLES_PREFIX,
            JWT_KEYS_OUTAGE,
            FLEET_SECRET_FILE,
            CERTIFICATES_FILE,
            HOSTS,
            REQUESTS_PER_SECOND,
            CERTIFICATE_FILE,
            KEY_FILE,
            AUTHORITIES_FILE,
            TERMINATED,
            RELOAD_INTERVAL);

    private static final Set<String> KEYS = ALL.stream().map(Setting::key).collect(Collectors.toUnmodifiableSet());

    /** Names of before the first release. */
    private static final Map<String, String> RENAMED = Map.of(
            "standbys", STANDBYS.key(),
            "threads", THREADS.key(),
            "advertised", ADVERTISED.key(),
            "pool", POOL.key(),
            "role", ROLE.key(),
            "include", INCLUDE.key(),
            "exclude", EXCLUDE.key(),
            "tls.authorities-file", AUTHORITIES_FILE.key());

    private Settings() {}

    static boolean isKnown(String key) {
        return KEYS.contains(key);
    }

    /** The key whose environment variable has a name; also one of before the first release, which is then refused. */
    static Optional<String> keyOfVariable(String variable) {
        return Stream.concat(ALL.stream().map(Setting::key), RENAMED.keySet().stream())
                .filter(key -> Setting.variable(key).equals(variable))
                .findFirst();
    }

    /** The name of today of a setting that has been renamed. */
    static Optional<String> renamed(String key) {
        return Optional.ofNullable(RENAMED.get(key));
    }

    /** The known key that is most like one that is not. */
    static String closest(String key) {
        return KEYS.stream()
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

    /** The rows of the table in {@code docs/configuration.md}. */
    static List<String> documentation() {
        return ALL.stream()
                .map(setting -> "| `kappa." + setting.key() + "` | " + setting.shownDefault() + " | `"
                        + setting.variable() + "` | " + setting.meaning() + " |")
                .toList();
    }
}
