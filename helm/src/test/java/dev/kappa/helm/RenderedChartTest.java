package dev.kappa.helm;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the chart makes is as reviewed. Where a change is meant, run the tests with {@code -Dkappa.golden=write} and review what that
 * changed: names and selectors of a StatefulSet cannot be changed in an upgrade.
 */
class RenderedChartTest {

    private static final Path GOLDEN = Path.of("src/test/resources/rendered");

    static List<String> examples() {
        return Chart.examples();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void objectsAreAsReviewed(String example) throws IOException {
        String actual = Chart.render(example);
        Path file = GOLDEN.resolve(example + ".yaml");
        if ("write".equals(System.getProperty("kappa.golden"))) {
            Files.writeString(file, actual);
        }
        assertThat(actual).isEqualTo(Files.readString(file));
    }

    @Test
    void examplesOfTheChartAreRendered() throws IOException {
        try (Stream<Path> files = Files.list(Chart.DIRECTORY.resolve("examples"))) {
            assertThat(files.toList())
                    .hasSizeGreaterThan(2)
                    .allSatisfy(file -> assertThat(Chart.render(file)).contains("kind: StatefulSet"));
        }
    }

    @Test
    void jarsOfTheUserGetIntoEveryPod() {
        String rendered = Chart.render(Chart.DIRECTORY.resolve("examples/own-views.yaml"));
        assertThat(rendered.split("name: view-jars", -1))
                .as("instances, the hook, replays")
                .hasSizeGreaterThan(3);
        assertThat(rendered).contains("cp /views/*.jar /opt/kappa/views/", "mountPath: /opt/kappa/views");
    }

    @Test
    void lintFindsNothing() {
        LintResult found = new Helm(Chart.DIRECTORY).lint().strict().call();
        assertThat(found.getMessages()).noneMatch(message -> message.contains("[ERROR]"));
    }

    /** The restricted Pod Security Standard (kubernetes.io/docs/concepts/security/pod-security-standards). */
    @ParameterizedTest
    @MethodSource("examples")
    void podsKeepToTheRestrictedStandard(String example) {
        assertThat(Chart.pods(example)).isNotEmpty().allSatisfy(pod -> {
            JsonNode spec = pod.spec();
            assertThat(spec.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
            // Without it, the cluster gives one, as OpenShift does.
            assertThat(spec.at("/securityContext/runAsUser").asInt(1)).isPositive();
            assertThat(spec.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
            assertThat(spec.has("hostNetwork") || spec.has("hostPID") || spec.has("hostIPC"))
                    .isFalse();
            assertThat(spec.path("automountServiceAccountToken").asBoolean(true))
                    .isFalse();
            spec.path("volumes")
                    .forEach(volume -> assertThat(
                                    Set.of("configMap", "emptyDir", "projected", "secret", "persistentVolumeClaim"))
                            .containsAnyElementsOf(fields(volume)));
            spec.path("initContainers")
                    .forEach(container -> assertThat(container
                                    .at("/securityContext/readOnlyRootFilesystem")
                                    .asBoolean())
                            .isTrue());
            assertThat(spec.path("containers")).isNotEmpty().allSatisfy(container -> {
                JsonNode security = container.path("securityContext");
                assertThat(security.path("allowPrivilegeEscalation").asBoolean(true))
                        .isFalse();
                assertThat(security.at("/capabilities/drop").toString()).isEqualTo("[\"ALL\"]");
                assertThat(security.at("/capabilities").has("add")).isFalse();
                assertThat(security.path("privileged").asBoolean()).isFalse();
                // Not of the standard, but ours.
                assertThat(security.path("readOnlyRootFilesystem").asBoolean()).isTrue();
                assertThat(container.at("/resources/limits/memory").asText()).isNotEmpty();
                container
                        .path("ports")
                        .forEach(port -> assertThat(port.has("hostPort")).isFalse());
            });
        });
    }

    /** Secrets are named, and their values stand nowhere. */
    @ParameterizedTest
    @MethodSource("examples")
    void secretsAreOnlyNamed(String example) {
        assertThat(Chart.objects(example))
                .noneMatch(object -> object.path("kind").asText().equals("Secret"));
    }

    /** What is mounted is there, and what is there is mounted; nothing is mounted twice. */
    @ParameterizedTest
    @MethodSource("examples")
    void volumesAndMountsAgree(String example) {
        assertThat(Chart.pods(example)).allSatisfy(pod -> {
            var volumes = new HashSet<String>();
            pod.spec()
                    .path("volumes")
                    .forEach(
                            volume -> assertThat(volumes.add(volume.path("name").asText()))
                                    .isTrue());
            if (pod.name().startsWith("StatefulSet")) {
                volumes.add("data");
            }
            var mounted = new HashSet<String>();
            var paths = new ArrayList<String>();
            pod.spec()
                    .path("containers")
                    .forEach(container -> container.path("volumeMounts").forEach(mount -> {
                        mounted.add(mount.path("name").asText());
                        paths.add(mount.path("mountPath").asText());
                    }));
            assertThat(mounted).isEqualTo(volumes);
            assertThat(paths).doesNotHaveDuplicates();
        });
    }

    /** Two objects of one kind and name: the second would take the place of the first. */
    @ParameterizedTest
    @MethodSource("examples")
    void namesAreDistinctAndShortEnough(String example) {
        assertThat(Chart.objects(example).stream().map(Chart::name)).doesNotHaveDuplicates();
        assertThat(Chart.objects(example))
                .allSatisfy(object -> assertThat(object.at("/metadata/name").asText())
                        .matches("[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?"));
    }

    private static List<String> fields(JsonNode node) {
        var fields = new ArrayList<String>();
        node.fieldNames().forEachRemaining(fields::add);
        return fields;
    }
}
