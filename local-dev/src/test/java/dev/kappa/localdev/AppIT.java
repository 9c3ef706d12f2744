package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.events.Post;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Samples;
import dev.kappa.localdev.sample.SampleEvents.SampleEvent;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.fleet.ReportSignatures;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The app over HTTP, on a real broker and registry, fed with sample events. */
class AppIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long SEED = Long.getLong("kappa.seed", 1);
    private static final int FUZZ_TIMES = Integer.getInteger("kappa.fuzz", 20);
    private static final int FUZZ_ROUNDS = 5;
    private static final Instant START = Samples.START;
    private static final String COUNTS = "/api/v1/views/hashtag-trends/stores/counts";
    private static final String ALERTS = "/api/v1/views/fraud-alerts/stores/alerts";
    private static final List<SampleEvent> EVENTS = Samples.EVENTS;

    @TempDir
    static Path directory = Path.of("");

    private static Optional<LocalCluster> started = Optional.empty();

    @BeforeAll
    static void start() throws Exception {
        LocalCluster cluster = new LocalCluster(directory);
        started = Optional.of(cluster);
        cluster.startBrokerAndRegistry();
        cluster.startApp(Map.of("hashtag-trends.grace", "P1D", "hashtag-trends.publish", "true"));
        Samples.send(cluster);
        long planted =
                EVENTS.stream().filter(event -> event.planted().isPresent()).count();
        assertThat(planted).isGreaterThan(10);
        await().atMost(PATIENCE).untilAsserted(() -> Samples.assertAllIsProcessed(cluster));
        assertThat(entries(cluster).keySet().stream().filter(id -> id.endsWith("-fraud")))
                .hasSize((int) planted);
    }

    @AfterAll
    static void stop() {
        started.ifPresent(LocalCluster::close);
    }

    @Test
    @Handles(
            input = "a copy of a state directory while its instance runs",
            outcome = "the second instance refuses to start with the reason; the first is not disturbed")
    void secondInstanceOnACopiedStateDirectoryRefusesToStart(@TempDir Path copy) throws Exception {
        LocalCluster cluster = cluster();
        copyWhileInUse(cluster.stateDir(), copy);

        var outcome = cluster.runInProcess(List.of("-Xmx512m"), "run", "--port", "0", "--state-dir", copy.toString());

        assertThat(outcome.exitCode()).as(outcome.out()).isEqualTo(1);
        assertThat(outcome.out() + outcome.err())
                .contains("is a copy of the one that the running instance at 127.0.0.1:");
        assertThat(cluster.json("/api/v1/views").path("views"))
                .isNotEmpty()
                .allSatisfy(view -> assertThat(view.path("state").asText()).isEqualTo("RUNNING"));
    }

    /** Copies a directory whose files may be deleted meanwhile. */
    private static void copyWhileInUse(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                try {
                    Files.copy(file, copy);
                } catch (NoSuchFileException deleted) {
                    // As if it had been copied later.
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException deleted) {
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** The broker's clock decides which instances are alive. */
    @Test
    void instanceIsAliveForAClientWhoseClockIsTenMinutesOff() {
        Map<String, Object> settings = cluster().clientSettings();
        try (var registry = new HttpSchemaRegistry(AvroSerdeConfig.from(settings))) {
            for (Duration off : List.of(Duration.ofMinutes(10), Duration.ofMinutes(-10))) {
                try (var fleet = new Fleet(
                        new KafkaSettings(settings),
                        new ClusterNames(""),
                        registry,
                        () -> Instant.now().plus(off),
                        ReportSignatures.NONE)) {
                    assertThat(fleet.alive())
                            .extracting(InstanceReport::getAdvertised)
                            .hasSize(1);
                }
            }
        }
    }

    private static LocalCluster cluster() {
        return started.orElseThrow();
    }

    /** The document, and all that the page loads, come from the app. */
    @Test
    void interfaceIsDescribed() throws Exception {
        JsonNode document = cluster().json("/openapi.json");
        assertThat(document.path("openapi").asText()).startsWith("3.1");
        assertThat(document.path("paths").has("/api/v1/views/hashtag-trends/stores/counts/top"))
                .isTrue();
        String page = cluster().get("/docs").body();
        assertThat(page).doesNotContain("http://", "https://");
        for (String asset : List.of("/docs/assets/swagger-ui.css", "/docs/assets/swagger-ui-bundle.js")) {
            assertThat(page).contains(asset);
            assertThat(cluster().get(asset).statusCode()).as(asset).isEqualTo(200);
        }
    }

    /** The answers fit their description, too. */
    @Test
    void fleetActivityAndTopologiesAreShown() throws Exception {
        JsonNode instance =
                cluster().json("/api/v1/instances").path("instances").path(0);
        assertThat(instance.path("problem").isNull()).isTrue();
        assertThat(instance.path("versions").findValuesAsText("view")).contains("hashtag-trends", "fraud-alerts");
        assertThat(instance.path("versions").path(0).path("tasks")).isNotEmpty();
        assertThat(cluster().json("/api/v1/caller").path("name").asText()).isEqualTo("anybody");
        assertThat(cluster().json("/api/v1/activity").path("series")).hasSize(7);
        assertThat(cluster()
                        .json("/api/v1/activity?view=hashtag-trends")
                        .path("series")
                        .path(0)
                        .path("view")
                        .asText())
                .isEqualTo("hashtag-trends");
        await().atMost(PATIENCE).untilAsserted(() -> {
            var written = new HashMap<String, Long>();
            cluster()
                    .json("/api/v1/views/hashtag-trends/topology")
                    .path("nodes")
                    .forEach(node -> written.put(
                            node.path("id").asText(), node.path("produced").asLong()));
            assertThat(written).containsKeys("topic:posts", "operator:aggregate-counts", "store:counts");
            assertThat(written.get("topic:hashtag-trends.v1")).isPositive();
        });
    }

    private static Map<String, JsonNode> entries(LocalCluster cluster) throws Exception {
        var entries = new HashMap<String, JsonNode>();
        cluster.pages(
                ALERTS + "/entries",
                "entries",
                entry -> entries.put(entry.path("key").asText(), entry));
        return entries;
    }

    @Test
    void plantedFraudIsFoundByTheRuleItWasPlantedFor() throws Exception {
        Map<String, JsonNode> alerts = entries(cluster());
        EVENTS.stream().filter(event -> event.planted().isPresent()).forEach(event -> {
            String id = String.valueOf(event.value().get(0));
            JsonNode alert = Optional.ofNullable(alerts.get(id)).orElseThrow();
            assertThat(alert.path("value").path("rules").toString())
                    .contains(event.planted().orElseThrow().name());
        });
    }

    @Test
    void viewsAreListedWithVersionPhaseAndFreshness() throws Exception {
        JsonNode views = cluster().json("/api/v1/views").path("views");
        assertThat(views.findValuesAsText("name")).contains("fraud-alerts", "hashtag-trends");
        assertThat(views.get(0).path("activeVersion").asInt()).isEqualTo(1);
        assertThat(views.get(0).path("phase").asText()).isEqualTo("ACTIVE");
        assertThat(views.findValues("freshnessMs"))
                .anySatisfy(age -> assertThat(age.asLong()).isPositive());

        JsonNode view = cluster().json("/api/v1/views/hashtag-trends");
        assertThat(view.path("stores").get(0).path("kind").asText()).isEqualTo("window");
        assertThat(view.path("versions").get(0).path("parameters").path("grace").asText())
                .isEqualTo("P1D");
        assertThat(view.path("versions").get(0).path("outputTopic").asText()).isEqualTo("hashtag-trends.v1");
    }

    @Test
    void everyAnswerNamesItsVersion() throws Exception {
        HttpResponse<String> response = cluster().get(ALERTS + "/entries?limit=1&version=1");
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Kappa-View-Version")).hasValue("1");
        assertThat(response.headers().firstValue("Kappa-Epoch")).isPresent();
        assertThat(response.headers().firstValue("Kappa-Staleness-Ms")).hasValue("0");
    }

    @Test
    void entryIsTheSameAloneAndInTheList() throws Exception {
        for (JsonNode entry : cluster().json(ALERTS + "/entries?limit=20").path("entries")) {
            assertThat(cluster().json(ALERTS + "/entries/" + entry.path("key").asText()))
                    .isEqualTo(entry);
        }
    }

    @Test
    void pagesFollowEachOtherInOrderWithoutGaps() throws Exception {
        List<String> all = new ArrayList<>();
        cluster()
                .json(ALERTS + "/entries?limit=1000")
                .path("entries")
                .forEach(entry -> all.add(entry.path("key").asText()));
        assertThat(all).isSorted().hasSizeGreaterThan(20);

        List<String> paged = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = cluster().json(ALERTS + "/entries?limit=7" + cursor);
            page.path("entries").forEach(entry -> paged.add(entry.path("key").asText()));
            cursor = page.path("nextCursor").isNull()
                    ? ""
                    : "&cursor=" + page.path("nextCursor").asText();
        } while (!cursor.isEmpty());
        assertThat(paged).isEqualTo(all);

        String from = all.get(3);
        String to = all.get(9);
        List<String> range = new ArrayList<>();
        cluster()
                .json(ALERTS + "/entries?from=" + from + "&to=" + to)
                .path("entries")
                .forEach(entry -> range.add(entry.path("key").asText()));
        assertThat(range).isEqualTo(all.subList(3, 9));
        List<String> prefixed = new ArrayList<>();
        String prefix = all.get(5).substring(0, all.get(5).length() - 2);
        cluster()
                .json(ALERTS + "/entries?limit=1000&prefix=" + prefix)
                .path("entries")
                .forEach(entry -> prefixed.add(entry.path("key").asText()));
        assertThat(prefixed)
                .isEqualTo(all.stream().filter(key -> key.startsWith(prefix)).toList());
    }

    @Test
    void valuesCanBeAskedAsOfATime() throws Exception {
        Map<String, List<Instant>> posts = new HashMap<>();
        for (SampleEvent event : EVENTS) {
            if (event.value() instanceof Post post && post.getAuthor() != null) {
                posts.computeIfAbsent(post.getAuthor(), _ -> new ArrayList<>()).add(post.getCreatedAt());
            }
        }
        for (String author : posts.keySet().stream().sorted().limit(10).toList()) {
            List<Instant> times =
                    Objects.requireNonNull(posts.get(author)).stream().sorted().toList();
            Instant middle = times.get(times.size() / 2);
            String path = "/api/v1/views/author-mood/stores/moods/entries/" + author;
            JsonNode then = cluster().json(path + "?asOf=" + middle);
            assertThat(then.path("timestamp").asText()).isEqualTo(middle.toString());
            assertThat(then.path("value").path("posts").asLong())
                    .isEqualTo(times.stream().filter(at -> !at.isAfter(middle)).count());
            assertThat(cluster().json(path + "?asOf=2027-01-01T00:00:00Z"))
                    .isEqualTo(cluster().json(path));
            assertThat(cluster()
                            .get(path + "?asOf=" + times.getFirst().minusMillis(1))
                            .statusCode())
                    .isEqualTo(404);
        }
        assertThat(cluster()
                        .get(ALERTS + "/entries/x?asOf=2026-01-01T00:00:00Z")
                        .statusCode())
                .as("a store without a history")
                .isEqualTo(400);
    }

    @Test
    void windowsAreInOrderOfStartAndThenKey() throws Exception {
        List<String> all = new ArrayList<>();
        cluster()
                .pages(
                        COUNTS + "/windows",
                        "windows",
                        window -> all.add(window.path("start").asText() + " "
                                + window.path("key").asText()));
        assertThat(all).isSorted().doesNotHaveDuplicates().hasSizeGreaterThan(50);

        List<String> paged = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = cluster().json(COUNTS + "/windows?limit=13" + cursor);
            page.path("windows")
                    .forEach(window -> paged.add(window.path("start").asText() + " "
                            + window.path("key").asText()));
            cursor = page.path("nextCursor").isNull()
                    ? ""
                    : "&cursor=" + page.path("nextCursor").asText();
        } while (!cursor.isEmpty());
        assertThat(paged).isEqualTo(all);

        Instant hour = START.plus(Duration.ofHours(1));
        JsonNode ofHour =
                cluster().json(COUNTS + "/windows?limit=1000&from=" + hour + "&to=" + hour.plus(Duration.ofHours(1)));
        assertThat(ofHour.path("windows").findValuesAsText("start"))
                .isNotEmpty()
                .containsOnly(hour.toString());
    }

    @Test
    void topHoldsTheLargestOfItsWindow() throws Exception {
        Instant at = START.plusSeconds(100);
        JsonNode top = cluster().json(COUNTS + "/top?limit=5&at=" + at);
        assertThat(top.path("start").asText()).isEqualTo(START.toString());
        assertThat(top.path("end").asText())
                .isEqualTo(START.plus(Duration.ofHours(1)).toString());

        List<Map.Entry<String, Long>> expected = new ArrayList<>();
        cluster()
                .json(COUNTS + "/windows?limit=1000&from=" + START + "&to=" + START)
                .path("windows")
                .forEach(window -> expected.add(Map.entry(
                        window.path("key").asText(),
                        window.path("value").path("count").asLong())));
        expected.sort(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()));
        List<Map.Entry<String, Long>> actual = new ArrayList<>();
        top.path("entries")
                .forEach(entry -> actual.add(Map.entry(
                        entry.path("key").asText(),
                        entry.path("value").path("count").asLong())));
        assertThat(actual).isEqualTo(expected.subList(0, 5));
    }

    @Test
    void whatIsNotThereIsNotFound() throws Exception {
        assertProblem("/api/v1/views/nothing", 404, "nothing");
        assertProblem("/api/v1/views/fraud-alerts/stores/nothing/entries", 404, "nothing");
        assertProblem(ALERTS + "/entries/nothing", 404, "nothing");
        assertProblem(ALERTS + "/entries/a%2Fb%20c+d;e%26", 404, "a/b c+d;e&");
        assertThat(cluster().get(ALERTS + "/entries/nothing").headers().firstValue("Kappa-View-Version"))
                .hasValue("1");
        assertProblem(ALERTS + "/entries?version=7", 404, "7");
        assertProblem(ALERTS + "/windows", 404, "key-value");
        assertProblem("/nothing", 404, "/nothing");
    }

    @Test
    void badParametersAreNamed() throws Exception {
        assertProblem(ALERTS + "/entries?limit=0", 400, "limit");
        assertProblem(ALERTS + "/entries?limit=x", 400, "limit");
        assertProblem(ALERTS + "/entries?limit=1&limit=2", 400, "limit");
        assertProblem(ALERTS + "/entries?limti=1", 400, "limti");
        assertProblem(ALERTS + "/entries?cursor=zzz", 400, "cursor");
        assertProblem(ALERTS + "/entries?version=one", 400, "version");
        assertProblem(COUNTS + "/windows?from=yesterday", 400, "from");
        assertProblem(COUNTS + "/windows?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 400, "to");
        assertProblem(COUNTS + "/top?limit=0", 400, "limit");
        assertProblem(COUNTS + "/top?at=now", 400, "at");
    }

    private static void assertProblem(String path, int status, String detail) throws Exception {
        HttpResponse<String> response = cluster().get(path);
        assertThat(response.statusCode()).as(path).isEqualTo(status);
        assertThat(response.headers().firstValue("content-type")).as(path).hasValue("application/problem+json");
        JsonNode problem = new ObjectMapper().readTree(response.body());
        assertThat(problem.path("status").asInt()).isEqualTo(status);
        assertThat(problem.path("detail").asText()).as(path).contains(detail);
        assertThat(problem.has("type") && problem.has("title") && problem.has("instance"))
                .isTrue();
    }

    /** What the chart's alerts, dashboards and scaling ask Prometheus for is told by instances. */
    @Test
    void chartAsksForMetricsThatThereAre() throws Exception {
        String told = cluster().get("/prometheus").body();
        Set<String> names = told.lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[{ ]", 2)[0])
                .collect(Collectors.toSet());
        var asked = new TreeSet<String>();
        Path chart = Path.of(System.getProperty("kappa.home", ".."), "helm", "kappa");
        try (Stream<Path> files = Files.walk(chart)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                if (file.toString().matches(".*(dashboards/.*json|monitoring.yaml|scaling.yaml)")) {
                    Pattern.compile("\\b(kappa|disk|http_server|jvm|process)_[a-z_]+")
                            .matcher(Files.readString(file))
                            .results()
                            .forEach(found -> asked.add(found.group()));
                }
            }
        }
        assertThat(asked).hasSizeGreaterThan(15);
        assertThat(names).containsAll(asked);
    }

    @Test
    void healthAndMetricsAreThere() throws Exception {
        assertThat(cluster().get("/health/liveness").statusCode()).isEqualTo(200);
        assertThat(cluster().get("/health/readiness").body()).contains("\"hashtag-trends.v1\":\"RUNNING\"");
        assertThat(cluster().get("/prometheus").statusCode()).isEqualTo(200);
        assertThat(cluster().get("/metrics").body())
                .contains("kappa_build_info{", "http_server_requests_seconds_bucket{", "kafka_stream_")
                .contains("kappa_view_event_age_seconds{", "kappa_view_lag_records{", "kappa_view_records_total{")
                .contains("kappa_view_dropped_total{", "kappa_view_dead_letters_total{", "kappa_view_state_bytes{");
    }

    /** A browser sends the name in its address bar, wherever a name server says that is. */
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:8080,200",
        "localhost,200",
        "kappa.localhost:1,200",
        "[::1]:8080,200",
        "rebound.example,403",
        "127.0.0.1.rebound.example:8080,403",
        "localhost.rebound.example,403",
        "[rebound],403"
    })
    void isForWhoIsOnThisMachine(String host, int status) throws Exception {
        assertThat(cluster().exchange("GET /api/v1/views HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n"))
                .startsWith("HTTP/1.1 " + status + " ");
    }

    @Test
    void whatMakesNoSenseIsRefusedPolitely() throws Exception {
        fuzz(FUZZ_TIMES, SEED);
    }

    /** The first round loads classes and fills caches of fixed size; after each of the others the heap is as it was after the first. */
    @Test
    @Tag("soak")
    void halfAMillionRequestsThatMakeNoSenseAreRefusedPolitely() throws Exception {
        var heaps = new ArrayList<Double>();
        long asked = 0;
        for (int round = 0; round < FUZZ_ROUNDS; round++) {
            long until = asked + 100_000;
            while (asked < until) {
                asked += fuzz(FUZZ_TIMES * 20, SEED + asked);
            }
            heaps.add(heapAfterCollection());
            System.out.printf("FIGURE fuzz: %d requests, heap %.1f MB%n", asked, heaps.getLast());
        }
        assertThat(heaps).allSatisfy(heap -> assertThat(heap).isLessThan(1.2 * heaps.getFirst()));
    }

    private static long fuzz(int times, long seed) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            var fuzz = new Fuzz(cluster().appUri(""), seed, http);
            long asked = fuzz.everyOperation(times) + times * 10L;
            fuzz.bytes(times * 10);
            assertThat(cluster().get("/api/v1/views").statusCode()).isEqualTo(200);
            return asked;
        }
    }

    private static double heapAfterCollection() throws Exception {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        assertThat(new ProcessBuilder(jcmd, String.valueOf(cluster().app().pid()), "GC.run")
                        .start()
                        .waitFor())
                .isZero();
        return cluster()
                        .get("/metrics")
                        .body()
                        .lines()
                        .filter(line -> line.startsWith("jvm_memory_used_bytes{area=\"heap\""))
                        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                        .sum()
                / 1e6;
    }

    @Test
    void commandsAnswer() {
        assertThat(cluster().kappa("views")).isZero();
        assertThat(cluster().kappa("query", "hashtag-trends", "counts", "kafka"))
                .isZero();
        assertThat(cluster().kappa("query", "fraud-alerts", "alerts", "--limit", "2", "--output", "json"))
                .isZero();
        assertThat(cluster().kappa("query", "hashtag-trends", "counts", "--top", "3"))
                .isZero();
        assertThat(cluster().kappa("query", "hashtag-trends", "nothing")).isEqualTo(1);
        assertThat(cluster().kappa("load", "nothing", "absent.csv")).isEqualTo(1);
    }

    @Test
    void whatWasWrittenIsReadOnceItsPositionIsAskedFor() throws Exception {
        String windows = "/api/v1/views/hashtag-trends/stores/counts/windows/";
        String position = "";
        for (int i = 0; i < 10; i++) {
            Path file = Files.writeString(
                    directory.resolve("written.csv"),
                    "postId,hashtags,createdAt\nwritten-%d,written%d,%s\n".formatted(i, i, Instant.now()));
            LocalCluster.Outcome loaded =
                    cluster().run("load", "posts", file.toString(), "--split", "hashtags= ", "--output", "json");
            assertThat(loaded.exitCode()).as(loaded.err()).isZero();
            position =
                    new ObjectMapper().readTree(loaded.out()).path("position").asText();
            JsonNode found = cluster().json(windows + "written" + i + "?minPosition=" + position);
            assertThat(found.path("windows")).as(position).hasSize(1);
        }
        HttpResponse<String> beyond = cluster().get(windows + "written0?maxWait=100&minPosition=" + position + "0");
        assertThat(beyond.statusCode()).isEqualTo(504);
        assertThat(beyond.body()).contains("position-not-reached", position.substring(0, position.lastIndexOf(':')));
        assertThat(cluster().get(windows + "written0?minPosition=elsewhere:0:1").statusCode())
                .isEqualTo(400);
    }

    @Test
    void unreadableRecordsGoToTheDeadLettersWithTheirOriginAndTheViewGoesOn() throws Exception {
        byte[] key = "p".getBytes(StandardCharsets.UTF_8);
        byte[] garbage = "{not avro}".getBytes(StandardCharsets.UTF_8);
        byte[] unknownSchema = {0, 0, 1, 2, 3, 4};
        Map<String, Object> settings = Map.of("bootstrap.servers", cluster().kafka());
        long offset;
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            offset = producer.send(new ProducerRecord<>("posts", 2, key, garbage))
                    .get()
                    .offset();
            producer.send(new ProducerRecord<>("posts", 2, key, unknownSchema)).get();
            producer.send(new ProducerRecord<>("posts", 2, key, null)).get();
        }

        List<ConsumerRecord<byte[], byte[]>> letters = deadLetters("hashtag-trends.dlq", 3);
        ConsumerRecord<byte[], byte[]> letter = letters.stream()
                .filter(candidate -> Arrays.equals(candidate.value(), garbage))
                .findFirst()
                .orElseThrow();
        assertThat(letter.key()).isEqualTo(key);
        assertThat(header(letter, "kappa.origin.topic")).isEqualTo("posts");
        assertThat(header(letter, "kappa.origin.partition")).isEqualTo("2");
        assertThat(header(letter, "kappa.origin.offset")).isEqualTo(String.valueOf(offset));
        assertThat(header(letter, "kappa.version")).isEqualTo("hashtag-trends.v1");
        assertThat(header(letter, "kappa.error.message")).contains("0x7b");

        assertThat(cluster().get("/prometheus").body()).containsPattern("dead_letters_total.*hashtag-trends.* 3.0");
        assertThat(cluster().get("/health/readiness").statusCode()).isEqualTo(200);
    }

    private static List<ConsumerRecord<byte[], byte[]>> deadLetters(String topic, int count) {
        Map<String, Object> settings =
                Map.of("bootstrap.servers", cluster().kafka(), "isolation.level", "read_committed");
        List<ConsumerRecord<byte[], byte[]>> letters = new ArrayList<>();
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            await().atMost(PATIENCE).until(() -> {
                consumer.poll(Duration.ofMillis(200)).forEach(letters::add);
                return letters.size() >= count;
            });
        }
        return letters;
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = Optional.ofNullable(record.headers().lastHeader(name)).orElseThrow();
        return new String(header.value(), StandardCharsets.UTF_8);
    }
}
