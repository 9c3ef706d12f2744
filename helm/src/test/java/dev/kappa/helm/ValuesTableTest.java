package dev.kappa.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * The table of values in the chart's README is that of its schema and its defaults. Written anew with {@code -Dkappa.golden=write}.
 */
class ValuesTableTest {

    private static final Path README = Chart.DIRECTORY.resolve("README.md");
    private static final String BEGIN = "<!-- values: made from values.schema.json -->\n";
    private static final String END = "<!-- end of values -->\n";

    @Test
    void readmeTellsEveryValue() throws IOException {
        String readme = Files.readString(README);
        int begin = readme.indexOf(BEGIN) + BEGIN.length();
        int end = readme.indexOf(END);
        String actual = readme.substring(0, begin) + table() + readme.substring(end);
        if ("write".equals(System.getProperty("kappa.golden"))) {
            Files.writeString(README, actual);
        }
        assertThat(Files.readString(README)).isEqualTo(actual);
    }

    @Test
    void everyValueHasADefaultAndADescription() throws IOException {
        var described = new ArrayList<Row>();
        describe("", schema(), values(), described);
        var paths = new TreeSet<String>();
        leaves("", values(), paths);

        assertThat(described)
                .allSatisfy(row -> assertThat(row.description()).as(row.path()).isNotEmpty());
        assertThat(paths)
                .allSatisfy(path -> assertThat(described)
                        .anyMatch(row -> path.equals(row.path()) || path.startsWith(row.path() + ".")));
    }

    private record Row(String path, String defaultValue, String description) {}

    private static String table() throws IOException {
        var rows = new ArrayList<Row>();
        describe("", schema(), values(), rows);
        var table = new StringBuilder("| value | default | meaning |\n|---|---|---|\n");
        rows.forEach(row -> table.append("| `")
                .append(row.path())
                .append("` | ")
                .append(row.defaultValue().isEmpty() ? "" : "`" + row.defaultValue() + "`")
                .append(" | ")
                .append(row.description().replace("|", "\\|"))
                .append(" |\n"));
        return table.toString();
    }

    private static void describe(String path, JsonNode schema, JsonNode values, List<Row> rows) throws IOException {
        for (var property : schema.path("properties").properties()) {
            JsonNode value = resolved(property.getValue());
            String name = path + property.getKey();
            JsonNode given = values.path(property.getKey());
            if (name.equals("global") || value.path("deprecated").asBoolean()) {
                continue;
            }
            if (value.has("properties") && !name.endsWith("Secret") && !name.endsWith(".image")) {
                describe(name + ".", value, given, rows);
            } else {
                rows.add(new Row(
                        name,
                        given.isMissingNode()
                                        || (given.isTextual() && given.asText().isEmpty())
                                ? ""
                                : given.isTextual() ? given.asText() : given.toString(),
                        // That of a switch says nothing without what it switches.
                        (property.getKey().equals("enabled") && !path.equals("poolDefaults.")
                                        ? schema.path("description").asText() + " "
                                        : "")
                                + value.path("description").asText()));
            }
        }
    }

    private static JsonNode resolved(JsonNode schema) throws IOException {
        return schema.has("$ref") ? schema().at(schema.path("$ref").asText().substring(1)) : schema;
    }

    private static void leaves(String path, JsonNode node, Set<String> paths) {
        if (node.isObject() && !node.isEmpty()) {
            node.properties()
                    .forEach(field -> leaves(
                            path.isEmpty() ? field.getKey() : path + "." + field.getKey(), field.getValue(), paths));
        } else {
            paths.add(path);
        }
    }

    private static JsonNode schema() throws IOException {
        return Chart.read(Chart.DIRECTORY.resolve("values.schema.json"));
    }

    private static JsonNode values() throws IOException {
        return Chart.read(Chart.DIRECTORY.resolve("values.yaml"));
    }
}
