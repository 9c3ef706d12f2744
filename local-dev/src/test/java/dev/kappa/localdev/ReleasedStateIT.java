package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.localdev.fixtures.Listening;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.RestoredRecords;
import dev.kappa.localdev.fixtures.Specs;
import dev.kappa.reprocessing.reader.FeedPlace;
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
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
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
import org.junit.jupiter.params.provider.MethodSource;

/**
 * This build continues with what releases have left when they were stopped: the topics and groups of a broker, the schemas of a registry, the state
 * directory of an instance, and what clients remember. A view whose versions of a release need a replay is left out.
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
    private static final String LISTED = "author-mood";
    private static final String ENTRIES = "/api/v1/views/" + LISTED + "/stores/moods/entries";

    @TempDir
    Path directory = Path.of("");

    /**
     * What clients remember of an instance of a release.
     *
     * @param views the views that the release has
     * @param keys of the first page of a list
     * @param cursor where the list continues
     * @param changes where a client of a view's changes has stopped
     */
    private record Remembered(List<String> views, List<String> keys, String cursor, Listening.Stopped changes) {}

    static List<Path> releases() throws IOException {
        try (Stream<Path> files = Files.list(FILES)) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("releases")
    void instanceContinuesWithWhatAReleaseLeft(Path release) throws Exception {
        unpack(release);
        Remembered remembered = JSON.readValue(directory.resolve(REMEMBERED).toFile(), Remembered.class);
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.startApp(Specs.parameters());
            List<ViewSpec> specs = continued(cluster, remembered.views());
            assertThat(specs).isNotEmpty();
            Map<String, Long> restored =
                    RestoredRecords.byView(cluster.get("/metrics").body());
            for (ViewSpec spec : specs) {
                assertThat(restored.get(spec.definition().name()))
                        .as(
                                "records restored, of stores of %s that are on the disk",
                                spec.definition().name())
                        .isZero();
            }
            assertResults(cluster, specs);
            if (has(specs, LISTED)) {
                assertThat(keysFromFirstPageOn(cluster, remembered)).isEqualTo(keys(cluster));
            }

            cluster.topics().write(new History(eventsAfter(cluster.topics().read(specs), specs)));
            assertResults(cluster, specs);
            if (has(specs, SWITCHED)) {
                assertChangesContinue(cluster, remembered.changes());
                assertThat(cluster.kappa("replay", "rollback", SWITCHED)).isZero();
                assertThat(cluster.kappa("replay", "retire", SWITCHED, "--version", "2", "--yes"))
                        .isZero();
            }
        }
    }

    /** The views of a release whose versions this build can run. */
    private static List<ViewSpec> continued(LocalCluster cluster, List<String> views) throws Exception {
        var needReplay = new HashSet<String>();
        cluster.json("/api/v1/views").path("views").forEach(view -> {
            if (view.path("state").asText().equals("NEEDS_REPLAY")) {
                needReplay.add(view.path("name").asText());
            }
        });
        return Specs.ALL.stream()
                .filter(spec -> views.contains(spec.definition().name()))
                .filter(spec -> !needReplay.contains(spec.definition().name()))
                .toList();
    }

    private static boolean has(List<ViewSpec> specs, String view) {
        return specs.stream().anyMatch(spec -> spec.definition().name().equals(view));
    }

    /** As if the client had stopped just now: one that was away for days begins again. */
    private static void assertChangesContinue(LocalCluster cluster, Listening.Stopped changes) throws Exception {
        FeedPlace place = FeedPlace.decode(changes.lastEventId()).orElseThrow();
        var justNow = new Listening.Stopped(
                changes.state(),
                new FeedPlace(place.version(), place.epoch(), Instant.now(), place.offsets()).encode());
        try (var listening =
                new Listening(() -> List.of(cluster.appUri(CHANGES)), "count", 500, Optional.of(justNow))) {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(listening.state).isEqualTo(counts(cluster)));
            assertThat(listening.switches).isEmpty();
            assertThat(listening.faults).isEmpty();
        }
    }

    /** Writes the file of a release. Run it when you make one. */
    @Test
    @EnabledIfSystemProperty(named = "kappa.released", matches = "[0-9].*")
    void writeWhatThisReleaseLeaves() throws Exception {
        Remembered remembered;
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.launchApp(Specs.parameters(), "-Dkappa.topics.partitions=" + PARTITIONS);
            cluster.awaitApp();
            cluster.topics().write(new History(firstEvents()));
            assertResults(cluster, Specs.ALL);
            assertThat(cluster.kappa("replay", "start", SWITCHED, "--set", "window=PT1M", "--watch"))
                    .isZero();
            assertThat(cluster.kappa("replay", "switch", SWITCHED)).isZero();
            assertResults(cluster, Specs.ALL);
            remembered = remembered(cluster);
        }
        JSON.writeValue(directory.resolve(REMEMBERED).toFile(), remembered);
        pack(FILES.resolve(System.getProperty("kappa.released") + ".zip"));
    }

    private static Remembered remembered(LocalCluster cluster) throws Exception {
        JsonNode page = cluster.json(ENTRIES + "?limit=3");
        try (var listening = new Listening(() -> List.of(cluster.appUri(CHANGES)), "count", 20)) {
            await().atMost(PATIENCE).until(() -> listening.connections.get() > 1);
            return new Remembered(
                    Specs.ALL.stream().map(spec -> spec.definition().name()).toList(),
                    keys(page),
                    page.path("nextCursor").asText(),
                    listening.stop());
        }
    }

    private static List<InputRecord> firstEvents() {
        return Specs.ALL.stream()
                .flatMap(spec -> events(spec).limit(EVENTS / 2))
                .toList();
    }

    /** Events for each view that come after those that there are. An entry of a table would only count for events after it. */
    private static List<InputRecord> eventsAfter(History history, List<ViewSpec> specs) {
        var events = new ArrayList<InputRecord>();
        for (ViewSpec spec : specs) {
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
        assertThat(events).hasSizeGreaterThan(specs.size());
        return events;
    }

    /** Without those that cannot be read back from topics as what they were: that have no key or no value, or are no Avro. */
    private static Stream<InputRecord> events(ViewSpec spec) {
        return Drafts.random(spec, PARTITIONS, EVENTS, 1).records().stream()
                .filter(record -> record.form() != InputRecord.Form.UNREADABLE)
                .filter(record -> record.key() != null && record.value() != null);
    }

    /** The results of every version that is kept up to date are those of plain loops over what is in the topics. */
    private static void assertResults(LocalCluster cluster, List<ViewSpec> specs) throws Exception {
        History history = cluster.topics().read(specs);
        for (ViewSpec spec : specs) {
            String view = spec.definition().name();
            for (JsonNode version :
                    cluster.json("/api/v1/views/" + view + "/versions").path("versions")) {
                int number = version.path("version").asInt();
                Map<Object, Object> expected = spec.expected(history, Specs.parameters(version));
                assertThat(expected).as(view).isNotEmpty();
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(Results.differences(expected, cluster.results(spec, number)))
                                .as("%s.v%d, of %d results", view, number, expected.size())
                                .isEmpty());
            }
        }
    }

    private static List<String> keysFromFirstPageOn(LocalCluster cluster, Remembered remembered) throws Exception {
        var all = new ArrayList<>(remembered.keys());
        all.addAll(keys(cluster.json(ENTRIES + "?limit=1000&cursor=" + remembered.cursor())));
        return all;
    }

    private static List<String> keys(LocalCluster cluster) throws Exception {
        return keys(cluster.json(ENTRIES + "?limit=1000"));
    }

    private static List<String> keys(JsonNode page) {
        return page.path("entries")
                .valueStream()
                .map(entry -> entry.path("key").asText())
                .toList();
    }

    private static Map<String, Long> counts(LocalCluster cluster) throws Exception {
        var counts = new TreeMap<String, Long>();
        cluster.pages(
                "/api/v1/views/" + SWITCHED + "/stores/counts/windows",
                "windows",
                window -> counts.put(
                        Listening.key(window),
                        window.path("value").path("count").asLong()));
        return counts;
    }

    private void pack(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        try (var zip = new ZipOutputStream(Files.newOutputStream(file, StandardOpenOption.CREATE_NEW))) {
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
