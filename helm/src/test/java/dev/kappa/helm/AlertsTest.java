package dev.kappa.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.yaml.snakeyaml.Yaml;

/** The alerts, judged by Prometheus' own tool, which comes with Debian's package {@code prometheus}; skipped without it. */
class AlertsTest {

    @TempDir
    Path directory = Path.of("");

    @BeforeAll
    static void needsPromtool() {
        boolean isThere;
        try {
            isThere = new ProcessBuilder("promtool", "--version").start().waitFor() == 0;
        } catch (IOException notInstalled) {
            isThere = false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        assumeTrue(isThere, "promtool is not installed (Debian's package prometheus)");
    }

    @Test
    void eachFiresOnWhatItIsFor() throws Exception {
        writeRules();
        Files.copy(Path.of("src/test/resources/alerts.yaml"), directory.resolve("alerts.yaml"));

        promtool("check", "rules", "rules.yaml");
        promtool("test", "rules", "alerts.yaml");
    }

    /** None has been forgotten in the tests. */
    @Test
    void allAreTested() throws IOException {
        String tests = Files.readString(Path.of("src/test/resources/alerts.yaml"));
        var names = new ArrayList<String>();
        rules().at("/spec/groups/0/rules")
                .forEach(rule -> names.add(rule.path("alert").asText()));
        assertThat(names)
                .hasSizeGreaterThan(5)
                .allSatisfy(name -> assertThat(tests).contains("alertname: " + name, "alertname=\"" + name + "\""));
    }

    @Test
    void runbookHasASectionForEach() throws IOException {
        String runbook = Files.readString(Path.of("../docs/runbook.md"));
        rules().at("/spec/groups/0/rules").forEach(rule -> {
            String name = rule.path("alert").asText();
            assertThat(rule.at("/annotations/runbook_url").asText()).endsWith("#" + name.toLowerCase(Locale.ROOT));
            assertThat(runbook).contains("## " + name + "\n\n**Cause.** ");
        });
    }

    @Test
    void dashboardsAskInPrometheusLanguage() throws Exception {
        var rules = new ArrayList<HashMap<String, String>>();
        for (JsonNode object : Chart.objects("production")) {
            if (object.path("kind").asText().equals("ConfigMap")
                    && object.at("/metadata/name").asText().endsWith("dashboards")) {
                for (var dashboard : object.path("data").properties()) {
                    new ObjectMapper()
                            .readTree(dashboard.getValue().asText())
                            .path("panels")
                            .forEach(panel -> panel.path("targets").forEach(target -> {
                                var rule = new HashMap<String, String>();
                                rule.put("record", "panel:" + rules.size());
                                rule.put("expr", target.path("expr").asText().replace("$__rate_interval", "5m"));
                                rules.add(rule);
                            }));
                }
            }
        }
        assertThat(rules).hasSizeGreaterThan(20);
        write(List.of(Map.of("name", "panels", "rules", rules)));

        promtool("check", "rules", "rules.yaml");
    }

    private void writeRules() throws IOException {
        write(new ObjectMapper().convertValue(rules().at("/spec/groups"), List.class));
    }

    private void write(Object groups) throws IOException {
        Files.writeString(directory.resolve("rules.yaml"), new Yaml().dump(Map.of("groups", groups)));
    }

    private static JsonNode rules() {
        return Chart.first("production", "PrometheusRule");
    }

    private void promtool(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("promtool"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }
}
