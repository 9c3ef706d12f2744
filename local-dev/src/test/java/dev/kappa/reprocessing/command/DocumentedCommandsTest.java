package dev.kappa.reprocessing.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Every command and every address in the documentation is one that there is, with options and parameters that it has. */
class DocumentedCommandsTest {

    private static final Path HOME = Path.of("..");
    private static final Pattern BLOCK = Pattern.compile("```(?:sh|bash)\n(.*?)```", Pattern.DOTALL);
    private static final Pattern COMMAND = Pattern.compile("^\\s*(?:\\$ )?(?:\\./)?kappa (.*)$");
    private static final Pattern INLINE = Pattern.compile("`(?:\\./)?kappa ([a-z][^`]*)`");
    private static final Pattern WORD = Pattern.compile("(?:[^\\s'\"]|\"[^\"]*\"|'[^']*')+");
    private static final Pattern QUOTED = Pattern.compile("'([^']*)'|\"([^\"]*)\"");
    private static final Pattern ADDRESS = Pattern.compile("https?://[^\\s'\"/]+(/api/[^\\s'\"]*)");
    /** Stands for something that the reader knows, or names several commands at once. */
    private static final Pattern OPEN = Pattern.compile("…|\\.\\.\\.|\\|");

    private static List<Path> pages() throws IOException {
        try (Stream<Path> docs = Files.walk(HOME.resolve("docs"))) {
            return Stream.concat(
                            docs.filter(file -> file.toString().endsWith(".md")),
                            Stream.of("README.md", "CONTRIBUTING.md", "helm/kappa/README.md")
                                    .map(HOME::resolve))
                    .toList();
        }
    }

    private static List<String> commands(String page) {
        var commands = new ArrayList<String>();
        Matcher blocks = BLOCK.matcher(page);
        while (blocks.find()) {
            for (String line : blocks.group(1).replace("\\\n", " ").lines().toList()) {
                Matcher command = COMMAND.matcher(line.replaceAll("\\s#.*$", ""));
                if (command.find()) {
                    commands.add(command.group(1));
                }
            }
        }
        Matcher inline = INLINE.matcher(page);
        while (inline.find()) {
            commands.add(inline.group(1).replaceAll("\\s+", " "));
        }
        commands.removeIf(command -> OPEN.matcher(command).find());
        return commands;
    }

    private static String[] words(String command) {
        var words = new ArrayList<String>();
        Matcher word = WORD.matcher(command);
        while (word.find()) {
            words.add(QUOTED.matcher(word.group()).replaceAll("$1$2"));
        }
        return words.toArray(String[]::new);
    }

    /** Whether the words are the name of a command alone, which text may mention without its arguments. */
    private static boolean isName(String... words) {
        CommandLine command = Kappa.commandLine();
        for (String word : words) {
            command = command.getSubcommands().get(word);
            if (command == null) {
                return false;
            }
        }
        return true;
    }

    @Test
    void commandsAreOnes() throws IOException {
        int count = 0;
        for (Path page : pages()) {
            for (String command : commands(Files.readString(page))) {
                // Upper case stands for a value.
                String[] words = words(command.replaceAll("=N\\b", "=1")
                        .replaceAll(" N\\b", " 1")
                        .replaceAll("\\[|\\]", ""));
                if (isName(words)) {
                    continue;
                }
                assertThatCode(() -> Kappa.commandLine().parseArgs(words))
                        .as("%s: kappa %s", page, command)
                        .doesNotThrowAnyException();
                count++;
            }
        }
        assertThat(count).isGreaterThan(60);
    }

    @Test
    void addressesAreOnes() throws IOException {
        JsonNode paths = new ObjectMapper()
                .readTree(HOME.resolve("app/src/test/resources/openapi.json").toFile())
                .path("paths");
        int count = 0;
        for (Path page : pages()) {
            Matcher addresses = ADDRESS.matcher(Files.readString(page));
            while (addresses.find()) {
                String[] parts = addresses.group(1).split("\\?", 2);
                JsonNode operation = paths.properties().stream()
                        .filter(path -> parts[0].matches(
                                path.getKey().replaceAll("\\{[^}]+}", "[^/]+").replaceAll("/$", "")))
                        .map(path -> path.getValue().path("get"))
                        .findFirst()
                        .orElse(null);
                assertThat(operation).as("%s: %s", page, addresses.group(1)).isNotNull();
                if (parts.length == 2) {
                    List<String> known = operation
                            .path("parameters")
                            .valueStream()
                            .map(parameter -> parameter.path("name").asText())
                            .collect(Collectors.toList());
                    for (String parameter : List.of(parts[1].split("&", -1))) {
                        assertThat(known)
                                .as("%s: %s", page, addresses.group(1))
                                .contains(parameter.split("=", 2)[0]);
                    }
                }
                count++;
            }
        }
        assertThat(count).isPositive();
    }
}
