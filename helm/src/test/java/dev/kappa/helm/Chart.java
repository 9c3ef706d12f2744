package dev.kappa.helm;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The chart, as Helm renders it. */
final class Chart {

    static final Path DIRECTORY = Path.of("kappa");
    private static final Path VALUES = Path.of("src/test/resources/values");
    private static final String HOOK = "helm.sh/hook:";
    private static final String NO_HOOK = "helm.sh/no-hook:";
    private static final ObjectMapper JSON = new ObjectMapper();

    private Chart() {}

    /** Names of the values files that stand for what people have. */
    static List<String> examples() {
        try (Stream<Path> files = Files.list(VALUES)) {
            return files.map(file -> file.getFileName().toString().replace(".yaml", ""))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What Helm makes of an example, for one release of Kubernetes at least. */
    static String render(String example) {
        return render(VALUES.resolve(example + ".yaml"));
    }

    static String render(Path values) {
        return new Helm(withHooks())
                .template()
                .withName("release")
                .withNamespace("views")
                .withKubeVersion("1.30")
                .withValuesFile(values)
                .call()
                .replace(NO_HOOK, HOOK);
    }

    /** A copy in which no hook is known as one: the library would leave them out of what it renders. */
    private static synchronized Path withHooks() {
        Path copy = Path.of("target/chart/kappa");
        try (Stream<Path> files = Files.walk(DIRECTORY)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = copy.resolve(DIRECTORY.relativize(file).toString());
                String text = Files.readString(file).replace(HOOK, NO_HOOK);
                if (!Files.exists(target) || !Files.readString(target).equals(text)) {
                    Files.createDirectories(target.getParent());
                    Files.writeString(target, text);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return copy;
    }

    /** The objects of an example. */
    static List<JsonNode> objects(String example) {
        return parsed(render(example));
    }

    /** The first object of a kind that an example has. */
    static JsonNode first(String example, String kind) {
        return objects(example).stream()
                .filter(object -> object.path("kind").asText().equals(kind))
                .findFirst()
                .orElseThrow();
    }

    static JsonNode read(Path file) throws IOException {
        return JSON.valueToTree(yaml().load(Files.readString(file)));
    }

    /** The objects of what Helm has rendered. */
    static List<JsonNode> parsed(String rendered) {
        var objects = new ArrayList<JsonNode>();
        for (Object document : yaml().loadAll(rendered)) {
            if (document != null) {
                objects.add(JSON.valueToTree(document));
            }
        }
        return objects;
    }

    /** The pods of all objects that have any: their names, and what they are made from. */
    static List<Pod> pods(String example) {
        return objects(example).stream()
                .map(object -> {
                    JsonNode spec = switch (object.path("kind").asText()) {
                        case "Pod" -> object.path("spec");
                        case "StatefulSet", "Job" -> object.at("/spec/template/spec");
                        case "CronJob" -> object.at("/spec/jobTemplate/spec/template/spec");
                        default -> null;
                    };
                    return spec == null ? null : new Pod(name(object), spec);
                })
                .filter(Objects::nonNull)
                .toList();
    }

    record Pod(String name, JsonNode spec) {}

    static String name(JsonNode object) {
        return object.path("kind").asText() + "/" + object.at("/metadata/name").asText();
    }

    private static Yaml yaml() {
        var options = new LoaderOptions();
        // Helm and Kubernetes take the last of two; nobody means that.
        options.setAllowDuplicateKeys(false);
        return new Yaml(new SafeConstructor(options));
    }
}
