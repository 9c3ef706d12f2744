package dev.kappa.topologies.kit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.Views;
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.StringTokenizer;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A view whose code changed must say whether its results may be different: only then do running versions keep the results
 * they were made for.
 *
 * <p>A test class extends this one; one is enough for all views of a module. The lock file, {@code
 * src/test/resources/revisions.lock}, has a hash of each view's compiled code, which is that of its package, without comments,
 * line numbers and names of local variables, and the revision it belongs to. Views that come from a jar are left out.
 */
public abstract class RevisionLock {

    private static final Path LOCK = Path.of("src/test/resources/revisions.lock");
    private static final String SHARED = "(shared)";
    private static final String ANSWER = "kappa.results";

    private static final String HEADER = """
            # The code of each view, and the revision of its results. Written by the command that the test names when they do
            # not fit; what changes here says whether results may change.
            """;

    /** Code and the revision it makes; the code that all views share has no revision of its own. */
    private record Locked(int revision, String code) {}

    @Test
    void codeThatChangedSaysWhetherResultsMay() throws Exception {
        Map<String, Locked> actual = actual();
        Map<String, Locked> locked = Files.exists(LOCK) ? read() : Map.of();
        Optional<String> answer = Optional.ofNullable(System.getProperty(ANSWER));
        if (answer.isPresent()) {
            assertThat(faults(actual, locked, answer.get())).isEmpty();
            write(actual);
            return;
        }
        List<String> changed = actual.entrySet().stream()
                .filter(view -> !view.getValue().equals(locked.get(view.getKey())))
                .map(Map.Entry::getKey)
                .toList();
        assertThat(actual)
                .as(
                        """
                        The code of these views changed, or they are new: %2$s. Can results of one that was there change, for any input?
                          no, or all are new: %1$s -Dkappa.results=same
                          yes:                raise revision() of the view, then %1$s -Dkappa.results=changed
                        %3$s""",
                        command(),
                        String.join(", ", changed),
                        changed.contains(SHARED) ? "(shared) is code of all views: ask that of each." : "")
                .isEqualTo(locked);
    }

    /** The command that runs this test, shown to whoever has to run it again. */
    protected String command() {
        return "mvn test -Dtest=" + getClass().getSimpleName();
    }

    /** Directories of compiled code that the views of the module share, beside their packages; none by default. */
    protected List<Path> shared() {
        return List.of();
    }

    /** What does not fit the answer that was given. */
    private static List<String> faults(Map<String, Locked> actual, Map<String, Locked> locked, String answer) {
        var faults = new ArrayList<String>();
        boolean same = answer.equals("same");
        if (!same && !answer.equals("changed")) {
            faults.add("-D" + ANSWER + " is same or changed, not " + answer);
        }
        boolean raised = false;
        for (Map.Entry<String, Locked> entry : actual.entrySet()) {
            Locked before = locked.get(entry.getKey());
            Locked now = entry.getValue();
            if (before == null || before.equals(now)) {
                continue;
            }
            raised |= now.revision() > before.revision();
            if (same && now.revision() != before.revision()) {
                faults.add(entry.getKey() + ": its revision was raised, so say changed");
            }
            if (!same && !entry.getKey().equals(SHARED) && now.revision() <= before.revision()) {
                faults.add(entry.getKey() + ": raise revision(), which is " + now.revision());
            }
        }
        if (!same && faults.isEmpty() && !raised && !locked.isEmpty()) {
            faults.add("No revision was raised");
        }
        return faults;
    }

    private Map<String, Locked> actual() throws Exception {
        var actual = new TreeMap<String, Locked>();
        List<Path> shared = shared();
        if (!shared.isEmpty()) {
            actual.put(SHARED, new Locked(0, hash(shared)));
        }
        for (ViewDefinition view : Views.discover()) {
            if (Files.isDirectory(classes(view.getClass()))) {
                actual.put(view.name(), new Locked(view.revision(), hash(List.of(packageOf(view.getClass())))));
            }
        }
        assertThat(actual)
                .as("views whose classes are in a directory, which those of this module are")
                .isNotEmpty();
        return actual;
    }

    /** Where a class comes from: the directory that it was compiled into, or a jar. */
    private static Path classes(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    private static Path packageOf(Class<?> type) throws URISyntaxException {
        return classes(type).resolve(type.getPackageName().replace('.', '/'));
    }

    /** The code in directories and those below them. */
    private static String hash(List<Path> directories) throws IOException, NoSuchAlgorithmException {
        var stripped = ClassFile.of(
                ClassFile.DebugElementsOption.DROP_DEBUG,
                ClassFile.LineNumbersOption.DROP_LINE_NUMBERS,
                ClassFile.ConstantPoolSharingOption.NEW_POOL);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (Path directory : directories) {
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.filter(path -> path.toString().endsWith(".class"))
                        .filter(path -> !path.endsWith("package-info.class"))
                        .sorted(Comparator.comparing(Path::toString))
                        .toList()) {
                    digest.update(directory.relativize(file).toString().getBytes(StandardCharsets.UTF_8));
                    digest.update(stripped.transformClass(
                            stripped.parse(Files.readAllBytes(file)), ClassTransform.ACCEPT_ALL));
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static Map<String, Locked> read() throws IOException {
        var locked = new TreeMap<String, Locked>();
        for (String line : Files.readAllLines(LOCK)) {
            if (!line.startsWith("#")) {
                var words = new StringTokenizer(line);
                String view = words.nextToken();
                locked.put(view, new Locked(Integer.parseInt(words.nextToken()), words.nextToken()));
            }
        }
        return locked;
    }

    private static void write(Map<String, Locked> actual) throws IOException {
        var text = new StringBuilder(HEADER);
        actual.forEach((view, locked) -> text.append(view)
                .append(' ')
                .append(locked.revision())
                .append(' ')
                .append(locked.code())
                .append('\n'));
        Files.createDirectories(LOCK.getParent());
        Files.writeString(LOCK, text.toString());
    }
}
