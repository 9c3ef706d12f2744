package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The table in {@code docs/inputs.md} has a row for each kind of foreign input that a test shows, and no other. Written anew with
 * {@code -Dkappa.golden=write}.
 */
class InputsPageTest {

    private static final Path PAGE = Path.of("..", "docs", "inputs.md");
    private static final String BEGIN = "<!-- made by InputsPageTest of what the tests show -->\n";
    private static final String END = "<!-- end -->\n";

    private static final List<Class<?>> TESTS = List.of(
            ForeignKeysIT.class,
            ForeignRecordsIT.class,
            RegistryAccessIT.class,
            LoadIT.class,
            OddKeysIT.class,
            PositionsIT.class,
            FailingViewIT.class,
            ClocksIT.class,
            AppIT.class,
            HostileRecordsIT.class);

    @Test
    void tableSaysWhatTheTestsShow() throws Exception {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END, begin);
        assertThat(begin).isGreaterThanOrEqualTo(BEGIN.length());
        if ("write".equals(System.getProperty("kappa.golden"))) {
            Files.writeString(PAGE, page.substring(0, begin) + table() + page.substring(end));
            return;
        }
        assertThat(page.substring(begin, end))
                .as("mvn -B -pl local-dev -am test -Dtest=InputsPageTest -Dsurefire.failIfNoSpecifiedTests=false"
                        + " -Dkappa.golden=write writes it anew")
                .isEqualTo(table());
    }

    private static String table() {
        var lines = new ArrayList<>(List.of("| what comes in | what Kappa does | shown by |", "|---|---|---|"));
        for (Class<?> test : TESTS) {
            List<Method> methods = Arrays.stream(test.getDeclaredMethods())
                    .filter(method -> method.isAnnotationPresent(Test.class))
                    .sorted(Comparator.comparing(Method::getName))
                    .toList();
            for (Method method : methods) {
                boolean isSoak = method.isAnnotationPresent(Tag.class);
                for (Handles row : method.getAnnotationsByType(Handles.class)) {
                    lines.add("| " + row.input() + " | " + row.outcome() + " | `" + test.getSimpleName() + "."
                            + method.getName() + "`" + (isSoak ? " (`-Psoak`)" : "") + " |");
                }
            }
        }
        return String.join("\n", lines) + "\n";
    }
}
