package dev.kappa.topologies.kit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.topologies.Input;
import dev.kappa.topologies.ViewDefinition;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * What holds for every view: it makes of any input what its {@link ViewSpec} says, whatever the clock on the wall says, and
 * its definition keeps the rules of definitions.
 *
 * <p>A test class for a view extends this one and says which view. The number of random cases is jqwik's setting {@code
 * jqwik.tries.default}.
 */
public abstract class ViewProperties {

    private static final int LONGEST_HISTORY = 150;

    /** What would make two runs over the same input differ. */
    private static final Set<String> FORBIDDEN = Set.of(
            "java/lang/System.currentTimeMillis",
            "java/lang/System.nanoTime",
            "java/time/Instant.now",
            "java/time/LocalDateTime.now",
            "java/time/LocalDate.now",
            "java/time/ZonedDateTime.now",
            "java/time/OffsetDateTime.now",
            "java/time/Clock.systemUTC",
            "java/time/Clock.systemDefaultZone",
            "java/time/InstantSource.system",
            "java/lang/Math.random",
            "java/util/UUID.randomUUID",
            "java/util/Random.<init>",
            "java/security/SecureRandom.<init>",
            "java/util/concurrent/ThreadLocalRandom.current",
            "org/apache/kafka/streams/processor/api/ProcessorContext.currentSystemTimeMs",
            "org/apache/kafka/streams/processor/api/FixedKeyProcessorContext.currentSystemTimeMs");

    private final ViewSpec spec;

    protected ViewProperties(ViewSpec spec) {
        this.spec = spec;
    }

    @Provide
    Arbitrary<History> histories() {
        return HostileHistories.of(spec, 1, LONGEST_HISTORY);
    }

    @Property
    void resultsEqualTheOracle(@ForAll("histories") History history) throws IOException {
        Map<Object, Object> expected = spec.expected(history, spec.parameters());
        assertThat(Results.differences(expected, run(history, Duration.ZERO))).isEmpty();
    }

    /**
     * A record that cannot be processed has changed nothing: sent again from the dead letters, it counts once. See
     * docs/write-a-view.md for what a definition has to heed. Like every record, it still makes later records of its
     * partition late. The comparison therefore keeps records without a key, which have a time.
     */
    @Property(tries = 25)
    void recordThatCannotBeProcessedChangesNothing(@ForAll("histories") History history) throws IOException {
        Set<InputRecord> rejected = Collections.newSetFromMap(new IdentityHashMap<>());
        Map<Object, Object> all = run(history, Duration.ZERO, rejected);
        var others = new ArrayList<>(history.records());
        others.removeIf(record -> rejected.contains(record) && (record.key() != null || record.value() == null));
        assertThat(run(new History(others), Duration.ZERO)).isEqualTo(all);
    }

    @Property(tries = 5)
    void theClockOnTheWallChangesNothing(@ForAll("histories") History history) throws IOException {
        Map<Object, Object> atOnce = run(history, Duration.ZERO);
        assertThat(run(history, Duration.ofHours(7))).isEqualTo(atOnce);
    }

    @Example
    void everyNodeAndStoreIsNamed() {
        String topology = ViewTestDriver.topology(spec.definition(), Map.of(), ViewTestDriver.serdes())
                .describe()
                .toString();
        assertThat(topology)
                .as(
                        "every operator has a name, such as Named.as(\"key-author\"): a generated one, here with ten digits, shifts when the"
                                + " topology changes, and with it the names of state and topics")
                .doesNotContainPattern("[A-Z]+-[A-Z-]+-\\d{10}");
    }

    @Example
    void definitionReadsNoClockAndThrowsNoDice() throws IOException, URISyntaxException {
        var found = new ArrayList<String>();
        for (byte[] code : classesOf(spec.definition())) {
            for (PoolEntry entry : ClassFile.of().parse(code).constantPool()) {
                if (entry instanceof MemberRefEntry member) {
                    String name = member.owner().asInternalName() + "."
                            + member.name().stringValue();
                    if (FORBIDDEN.contains(name)) {
                        found.add(name);
                    }
                }
            }
        }
        assertThat(found).as("a replay must compute the same").isEmpty();
    }

    @Example
    void fingerprintIsTheSameInEveryJvm() throws IOException, InterruptedException {
        String here = Fingerprint.of(spec.definition());
        for (Path jdk : Fingerprint.jdks()) {
            assertThat(Fingerprint.elsewhere(jdk, spec.definition()))
                    .as("in %s", jdk)
                    .isEqualTo(here);
        }
    }

    /** With {@code -Dkappa.released=write}, keeps the schemas of today as those of a release. */
    @Example
    void whatWasReleasedCanBeRead() throws IOException {
        if ("write".equals(System.getProperty("kappa.released"))) {
            ReleasedSchemas.write(spec.definition(), Path.of("src/test/resources"));
        }
        assertThat(ReleasedSchemas.faults(spec.definition()))
                .as("what was written with the last release's schemas is in topics and stores")
                .isEmpty();
    }

    /** Tables first, as alignment has them read. */
    private Map<Object, Object> run(History history, Duration between) throws IOException {
        return run(history, between, new HashSet<>());
    }

    private Map<Object, Object> run(History history, Duration between, Set<InputRecord> rejected) throws IOException {
        Path directory = Files.createTempDirectory("kappa-kit");
        try (var view = new ViewTestDriver(spec.definition(), directory, spec.parameters())) {
            for (Input.Role role : List.of(Input.Role.TABLE, Input.Role.STREAM)) {
                for (InputRecord record : history.records()) {
                    if (record.input().role() == role) {
                        int before = view.rejected().size();
                        view.send(record);
                        if (view.rejected().size() > before) {
                            rejected.add(record);
                        }
                        view.passTime(between);
                    }
                }
            }
            return view.results();
        } finally {
            delete(directory);
        }
    }

    private static List<byte[]> classesOf(ViewDefinition definition) throws IOException, URISyntaxException {
        Class<?> type = definition.getClass();
        URI location = Objects.requireNonNull(type.getResource(type.getSimpleName() + ".class"))
                .toURI();
        if (location.getScheme().equals("jar")) {
            try (FileSystem jar = FileSystems.newFileSystem(location, Map.of())) {
                return classesIn(jar.getPath(type.getPackageName().replace('.', '/')));
            }
        }
        return classesIn(Objects.requireNonNull(Path.of(location).getParent()));
    }

    private static List<byte[]> classesIn(Path directory) throws IOException {
        var classes = new ArrayList<byte[]>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".class")).toList()) {
                try (InputStream code = Files.newInputStream(file)) {
                    classes.add(code.readAllBytes());
                }
            }
        }
        return classes;
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
