package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.localdev.fixtures.Listening;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Restored;
import dev.kappa.localdev.fixtures.Specs;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.kit.Drafts;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.InputRecord;
import dev.kappa.topologies.kit.Results;
import dev.kappa.topologies.kit.ViewSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a released version has left when it was stopped: the topics and groups of a broker, the schemas of a registry, the state directory of an
 * instance, and what clients remember. Every later version continues from it. Never change a file; {@code -Dkappa.released=VERSION} writes one for
 * a new release.
 */
class ReleasedStateIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path FILES =
            Path.of(System.getProperty("kappa.home", ".."), "local-dev/src/test/resources/released");

    private static final int PARTITIONS = 2;

    /** For each view; half of them by the release. */
    private static final int EVENTS = 200;

    /** Directories of the broker, the registry and the instance. */
    private static final List<String> KEPT = List.of("kafka/logs", "registry", "state");

    /** What clients remember. */
    private static final String REMEMBERED = "remembered.json";

    private static final String SWITCHED = "hashtag-trends";
    private static final String CHANGES = "/api/v1/views/" + SWITCHED + "/changes";
    private static final String ENTRIES = "/api/v1/views/author-mood/stores/moods/entries";

    @TempDir
    Path directory = Path.of("");

    /**
     * What clients remember of an instance of a release.
     *
     * @param entries the first page of a list
     * @param cursor where the list continues
     * @param changes where a client of a view's changes has stopped
     */
    private record Remembered(List<String> entries, String cursor, Listening.Place changes) {}

    @ParameterizedTest
    @ValueSource(strings = "0.1.0")
    void instanceContinuesWithWhatAReleaseLeft(String release) throws Exception {
        unpack(FILES.resolve(release + ".zip"));
        Remembered remembered = JSON.readValue(directory.resolve(REMEMBERED).toFile(), Remembered.class);
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.startApp(Specs.parameters());
            assertThat(new TreeMap<>(Restored.byView(cluster.get("/metrics").body())))
                    .as("records restored, of stores that are on the disk")
                    .hasSameSizeAs(Specs.ALL)
                    .allSatisfy((_, count) -> assertThat(count).isZero());
            assertResults(cluster);
            assertThat(restOf(cluster, remembered))
                    .as("entries of the page of the release and the pages after it")
                    .isEqualTo(entries(cluster));

            cluster.topics().write(new History(eventsAfter(cluster.topics().read(Specs.ALL))));
            assertResults(cluster);
            try (var listening = new Listening(
                    () -> List.of(cluster.appUri(CHANGES)), "count", 500, Optional.of(remembered.changes()))) {
                await().atMost(PATIENCE).untilAsserted(() -> {
                    assertThat(listening.state).isEqualTo(listedCounts(cluster));
                    assertThat(listening.faults).isEmpty();
                });
            }
            assertThat(cluster.kappa("replay", "rollback", SWITCHED)).isZero();
            assertThat(cluster.kappa("replay", "retire", SWITCHED, "--version", "2", "--yes"))
                    .isZero();
            assertThat(cluster.run("check"))
                    .satisfies(outcome ->
                            assertThat(outcome.exitCode()).as(outcome.out()).isZero());
        }
    }

    /** Writes the file of a release; run by who makes it. */
    @Test
    @EnabledIfSystemProperty(named = "kappa.released", matches = "[0-9].*")
    void writeWhatThisReleaseLeaves() throws Exception {
        Remembered remembered;
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.launchApp(Specs.parameters(), "-Dkappa.topics.partitions=" + PARTITIONS);
            cluster.awaitApp();
            cluster.topics().write(new History(firstEvents()));
            assertResults(cluster);
            assertThat(cluster.kappa("replay", "start", SWITCHED, "--set", "window=PT1M", "--watch"))
                    .isZero();
            assertThat(cluster.kappa("replay", "switch", SWITCHED)).isZero();
            assertResults(cluster);
            remembered = remembered(cluster);
        }
        JSON.writeValue(directory.resolve(REMEMBERED).toFile(), remembered);
        pack(FILES.resolve(System.getProperty("kappa.released") + ".zip"));
    }

    private static Remembered remembered(LocalCluster cluster) throws Exception {
        JsonNode page = cluster.json(ENTRIES + "?limit=3");
        var entries = new ArrayList<String>();
        page.path("entries").forEach(entry -> entries.add(entry.toString()));
        var listening = new Listening(() -> List.of(cluster.appUri(CHANGES)), "count", 20);
        await().atMost(PATIENCE).until(() -> listening.connections.get() > 1);
        return new Remembered(entries, page.path("nextCursor").asText(), listening.stop());
    }

    private static List<InputRecord> firstEvents() {
        return Specs.ALL.stream()
                .flatMap(spec -> events(spec).limit(EVENTS / 2))
                .toList();
    }

    /** Events for each view that come after those that there are. An entry of a table would only count for events after it. */
    private static List<InputRecord> eventsAfter(History history) {
        var events = new ArrayList<InputRecord>();
        for (ViewSpec spec : Specs.ALL) {
            Set<String> topics =
                    spec.definition().inputs().stream().map(Input::topic).collect(Collectors.toSet());
            Instant newest = history.records().stream()
                    .filter(record -> topics.contains(record.input().topic()))
                    .map(InputRecord::writtenAt)
                    .max(Comparator.naturalOrder())
                    .orElseThrow();
            events(spec)
                    .filter(record -> record.writtenAt().isAfter(newest))
                    .filter(record -> record.input().role() == Input.Role.STREAM)
                    .forEach(events::add);
        }
        assertThat(events).hasSizeGreaterThan(EVENTS);
        return events;
    }

    /** Without those that cannot be read back from topics as what they were: that have no key or no value, or are no Avro. */
    private static Stream<InputRecord> events(ViewSpec spec) {
        return Drafts.random(spec, PARTITIONS, EVENTS, 1).records().stream()
                .filter(record -> record.form() != InputRecord.Form.UNREADABLE)
                .filter(record -> record.key() != null && record.value() != null);
    }

    /** The results of every version that is kept up to date are those of plain loops over what is in the topics. */
    private static void assertResults(LocalCluster cluster) throws Exception {
        History history = cluster.topics().read(Specs.ALL);
        for (ViewSpec spec : Specs.ALL) {
            String view = spec.definition().name();
            for (JsonNode version :
                    cluster.json("/api/v1/views/" + view + "/versions").path("versions")) {
                int number = version.path("version").asInt();
                var parameters = new HashMap<String, String>();
                version.path("parameters")
                        .properties()
                        .forEach(parameter -> parameters.put(
                                parameter.getKey(), parameter.getValue().asText()));
                Map<Object, Object> expected = spec.expected(history, parameters);
                assertThat(expected).as(view).isNotEmpty();
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(Results.differences(expected, cluster.results(spec, number)))
                                .as("%s.v%d, of %d results", view, number, expected.size())
                                .isEmpty());
            }
        }
    }

    private static List<String> restOf(LocalCluster cluster, Remembered remembered) throws Exception {
        var all = new ArrayList<>(remembered.entries());
        cluster.json(ENTRIES + "?limit=1000&cursor=" + remembered.cursor())
                .path("entries")
                .forEach(entry -> all.add(entry.toString()));
        return all;
    }

    private static List<String> entries(LocalCluster cluster) throws Exception {
        var all = new ArrayList<String>();
        cluster.pages(ENTRIES, "entries", entry -> all.add(entry.toString()));
        return all;
    }

    private static Map<String, Long> listedCounts(LocalCluster cluster) throws Exception {
        var counts = new TreeMap<String, Long>();
        cluster.pages(
                "/api/v1/views/" + SWITCHED + "/stores/counts/windows",
                "windows",
                window -> counts.put(
                        window.path("key").asText() + "@" + window.path("start").asText() + "/"
                                + window.path("end").asText(),
                        window.path("value").path("count").asLong()));
        return counts;
    }

    private void pack(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        try (var zip = new ZipOutputStream(Files.newOutputStream(file))) {
            for (String kept : KEPT) {
                try (Stream<Path> files = Files.walk(directory.resolve(kept))) {
                    files.filter(Files::isRegularFile).sorted().forEach(found -> add(zip, found));
                }
            }
            add(zip, directory.resolve(REMEMBERED));
        }
    }

    private void add(ZipOutputStream zip, Path file) {
        try {
            zip.putNextEntry(new ZipEntry(directory.relativize(file).toString()));
            Files.copy(file, zip);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void unpack(Path file) throws IOException {
        try (var zip = new ZipInputStream(Files.newInputStream(file))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                Path to = directory.resolve(entry.getName());
                Files.createDirectories(to.getParent());
                Files.copy(zip, to);
            }
        }
    }
}
