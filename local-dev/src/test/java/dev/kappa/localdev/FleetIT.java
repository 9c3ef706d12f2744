package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.avro.json.AvroJson;
import dev.kappa.localdev.fixtures.FleetLoad;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.PartitionRequests;
import dev.kappa.localdev.fixtures.Signals;
import dev.kappa.localdev.fixtures.Specs;
import dev.kappa.results.WindowedKey;
import dev.kappa.samples.authormood.AuthorMoodsSpec;
import dev.kappa.samples.fraudalerts.FraudAlertsSpec;
import dev.kappa.samples.hashtagtrends.HashtagTrendsSpec;
import dev.kappa.samples.visitorsessions.VisitorSessionsSpec;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.kit.Drafts;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.ViewSpec;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.avro.generic.IndexedRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Three instances answer as one: each the same, from the partitions of all, and while one of them is away. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FleetIT {

    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A view of each kind of store: windows with a rank, keys, sessions, keys with a history. */
    private static final List<ViewSpec> SPECS =
            List.of(new HashtagTrendsSpec(), new FraudAlertsSpec(), new VisitorSessionsSpec(), new AuthorMoodsSpec());

    private static final History HISTORY = Drafts.random(SPECS, 4, 600, 5);

    @TempDir
    static Path directory = Path.of("");

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final List<LocalCluster.Another> ANOTHER = new ArrayList<>();
    private static Optional<LocalCluster> started = Optional.empty();

    @BeforeAll
    static void start() throws Exception {
        String[] views = SPECS.stream().map(spec -> spec.definition().name()).toArray(String[]::new);
        var cluster = new LocalCluster(directory, views);
        started = Optional.of(cluster);
        cluster.startBrokerAndRegistry();
        // The input is old, and comes partition after partition while the instances still share out the work.
        String patient = "-Dkappa.alignment.idle-timeout=PT10S";
        Map<String, String> parameters = Specs.parameters(SPECS);
        cluster.launchApp(parameters, patient);
        cluster.awaitApp();
        for (int i = 0; i < 2; i++) {
            ANOTHER.add(cluster.startAnotherApp(parameters, patient));
        }
        cluster.topics().write(HISTORY);
        for (ViewSpec spec : SPECS) {
            await().atMost(PATIENCE).untilAsserted(() -> assertEqualToOracle(cluster, spec));
        }
    }

    @AfterAll
    static void stop() {
        ANOTHER.forEach(LocalCluster.Another::close);
        started.ifPresent(LocalCluster::close);
        HTTP.close();
    }

    /** The store of a view that holds what its output says. */
    private static Store<?, ?> mainStore(ViewDefinition view) {
        return view.stores().stream()
                .filter(store ->
                        store.valueSchema().equals(view.output().value().schema()))
                .findFirst()
                .orElseThrow();
    }

    private static String pathOf(ViewDefinition view, Store<?, ?> store) {
        return "/api/v1/views/" + view.name() + "/stores/" + store.name();
    }

    private static String listOf(Store<?, ?> store) {
        return store.kind() == Store.Kind.KEY_VALUE ? "entries" : "windows";
    }

    private static void assertEqualToOracle(LocalCluster cluster, ViewSpec spec) throws Exception {
        Store<?, ?> store = mainStore(spec.definition());
        var expected = new TreeMap<String, JsonNode>();
        for (var result : spec.expected(HISTORY, spec.parameters()).entrySet()) {
            Object key = result.getKey();
            Object plain = key instanceof WindowedKey window ? window.getKey() : key;
            String start = key instanceof WindowedKey window ? window.getStart().toString() : "";
            JsonNode value = AvroJson.toJson(((IndexedRecord) result.getValue()).getSchema(), result.getValue());
            // Written and read, as the answers are: a number is of another class then.
            expected.put(plain + "@" + start, JSON.readTree(value.toString()));
        }
        var actual = new TreeMap<String, JsonNode>();
        cluster.pages(
                pathOf(spec.definition(), store) + "/" + listOf(store),
                listOf(store),
                item -> actual.put(
                        item.path("key").asText() + "@" + item.path("start").asText(""), item.path("value")));
        assertThat(actual.keySet()).as(spec.definition().name()).isEqualTo(expected.keySet());
        actual.forEach((key, value) -> value.properties().forEach(field -> {
            JsonNode wanted = expected.getOrDefault(key, value).path(field.getKey());
            if (wanted.isDouble()) {
                assertThat(field.getValue().asDouble()).isCloseTo(wanted.asDouble(), within(1e-6));
            } else {
                assertThat(field.getValue()).isEqualTo(wanted);
            }
        }));
    }

    private static List<URI> fleet() {
        var fleet = new ArrayList<URI>();
        fleet.add(started.orElseThrow().appUri(""));
        ANOTHER.forEach(another -> fleet.add(another.uri("")));
        return fleet;
    }

    private static HttpResponse<String> get(URI instance, String path) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(instance + path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Addresses of every kind of query, for every store. */
    private static List<String> queries() throws Exception {
        var queries = new ArrayList<String>();
        for (ViewSpec spec : SPECS) {
            for (Store<?, ?> store : spec.definition().stores()) {
                String path = pathOf(spec.definition(), store);
                String list = path + "/" + listOf(store);
                queries.add(list);
                queries.add(list + "?limit=1000");
                JsonNode first = JSON.readTree(
                        get(fleet().getFirst(), list + "?limit=40").body());
                assertThat(first.path(listOf(store))).as(list).isNotEmpty();
                for (JsonNode item : first.path(listOf(store))) {
                    String key = URLEncoder.encode(item.path("key").asText(), StandardCharsets.UTF_8);
                    queries.add(list + "/" + key);
                    if (store.history().isPresent()) {
                        queries.add(list + "/" + key + "?asOf="
                                + item.path("timestamp").asText());
                    }
                    if (store.rank().isPresent()) {
                        queries.add(
                                path + "/top?limit=3&at=" + item.path("start").asText());
                    }
                }
            }
        }
        return queries;
    }

    @Test
    @Order(1)
    void everyInstanceGivesTheSameAnswer() throws Exception {
        for (String query : queries()) {
            HttpResponse<String> first = get(fleet().getFirst(), query);
            assertThat(first.statusCode()).as(query).isEqualTo(200);
            for (URI other : fleet()) {
                HttpResponse<String> answer = get(other, query);
                assertThat(answer.body()).as("%s %s", other, query).isEqualTo(first.body());
                assertThat(answer.headers().firstValue("Kappa-View-Version"))
                        .isEqualTo(first.headers().firstValue("Kappa-View-Version"));
            }
        }
    }

    @Test
    @Order(2)
    void noInstanceHasEverything() throws Exception {
        var missing = new ArrayList<JsonNode>();
        for (URI instance : fleet()) {
            String request = PartitionRequests.windows("hashtag-trends", "counts");
            HttpRequest posted = HttpRequest.newBuilder(URI.create(instance + PartitionRequests.path(request)))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(request))
                    .build();
            JsonNode part = JSON.readTree(
                    HTTP.send(posted, HttpResponse.BodyHandlers.ofString()).body());
            missing.add(part.path("missing"));
        }
        assertThat(missing).allSatisfy(partitions -> assertThat(partitions).isNotEmpty());
    }

    @Test
    @Order(3)
    void pagesMayComeFromAnyInstance() throws Exception {
        for (ViewSpec spec : SPECS) {
            Store<?, ?> store = mainStore(spec.definition());
            String list = pathOf(spec.definition(), store) + "/" + listOf(store);
            var all = new ArrayList<JsonNode>();
            started.orElseThrow().pages(list, listOf(store), all::add);
            var paged = new ArrayList<JsonNode>();
            String cursor = "";
            for (int page = 0; page == 0 || !cursor.isEmpty(); page++) {
                URI instance = fleet().get(page % 3);
                JsonNode answer =
                        JSON.readTree(get(instance, list + "?limit=13" + cursor).body());
                answer.path(listOf(store)).forEach(paged::add);
                cursor = answer.path("nextCursor").isNull()
                        ? ""
                        : "&cursor=" + answer.path("nextCursor").asText();
            }
            assertThat(paged).as(list).isEqualTo(all);
        }
    }

    @Test
    @Order(4)
    void badRequestsAreRefusedByEveryInstance() throws Exception {
        Map<String, Integer> requests = new HashMap<>();
        requests.put("/api/v1/views/no-such/stores/counts/windows", 404);
        requests.put("/api/v1/views/hashtag-trends/stores/no-such/windows", 404);
        requests.put("/api/v1/views/hashtag-trends/stores/counts/windows?maxStaleness=-1", 400);
        requests.put("/api/v1/views/hashtag-trends/stores/counts/windows?maxStaleness=soon", 400);
        requests.put("/api/v1/views/hashtag-trends/stores/counts/windows?partial=maybe", 400);
        requests.put("/api/v1/views/hashtag-trends/stores/counts/windows?partitions=0", 400);
        requests.put("/api/v1/views/author-mood/stores/moods/entries/nobody", 404);
        requests.put("/internal/partitions?sha256=x", 405);
        for (var request : requests.entrySet()) {
            for (URI instance : fleet()) {
                HttpResponse<String> answer = get(instance, request.getKey());
                assertThat(answer.statusCode()).as(request.getKey()).isEqualTo(request.getValue());
                assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
            }
        }
    }

    /** Streams of changes come to an end, and are not torn off. */
    @Test
    @Order(5)
    void anInstanceThatStopsEndsWhatItSends() throws Exception {
        LocalCluster.Another stopped = ANOTHER.getLast();
        HttpResponse<Stream<String>> changes = HTTP.send(
                HttpRequest.newBuilder(stopped.uri("/api/v1/views/hashtag-trends/changes?snapshot=true"))
                        .build(),
                HttpResponse.BodyHandlers.ofLines());
        var lines = changes.body().iterator();
        assertThat(lines.next()).startsWith("retry:");
        stopped.process().stop(PATIENCE);
        assertThat(stopped.process().isAlive()).isFalse();
        // A connection that is torn off in the middle of a chunked body would make this fail.
        int rest = 0;
        while (lines.hasNext()) {
            lines.next();
            rest++;
        }
        assertThat(rest).isPositive();
        stopped.startAgain();
    }

    /** An instance that is frozen accepts connections and answers nothing. Its keys are read from copies. */
    @Test
    @Order(6)
    void frozenInstanceLeavesEveryKeyReadable() throws Exception {
        List<String> queries = new ArrayList<>(queriesOfKeys());
        Collections.shuffle(queries, new Random(5));
        long slowest = 0;
        Signals.send("STOP", ANOTHER.getLast().process());
        try {
            for (String query : queries.subList(0, 60)) {
                long begun = System.nanoTime();
                HttpResponse<String> answer = get(fleet().getFirst(), query);
                slowest = Math.max(slowest, System.nanoTime() - begun);
                assertThat(answer.statusCode())
                        .as("%s: %s", query, answer.body())
                        .isEqualTo(200);
            }
        } finally {
            Signals.send("CONT", ANOTHER.getLast().process());
        }
        System.out.printf("FIGURE frozen instance: slowest read %d ms%n", slowest / 1_000_000);
    }

    /** One is killed, and comes back when its tasks have been given to others. */
    @Test
    @Order(7)
    @Tag("soak")
    void killLeavesEveryKeyReadable() throws Exception {
        LocalCluster.Another victim = ANOTHER.getFirst();
        try (var load = new FleetLoad(fleet(), queriesOfKeys(), 300)) {
            load.awaitAnswers(1_000);
            load.leaveOut(victim.uri(""));
            victim.process().kill();
            long killed = System.nanoTime();
            awaitMoved(victim);
            System.out.printf("FIGURE kill: tasks moved after %.1f s%n", (System.nanoTime() - killed) / 1e9);
            load.awaitAnswers(2_000);
            victim.startAgain();
            load.putBack(victim.uri(""));
            load.awaitAnswers(2_000);
            System.out.println("FIGURE kill: " + load.report());
            assertThat(load.failures()).isEmpty();
        }
    }

    @Test
    @Order(8)
    @Tag("soak")
    void rollingRestartFailsNoRead() throws Exception {
        try (var load = new FleetLoad(fleet(), queriesOfKeys(), 300)) {
            load.awaitAnswers(1_000);
            for (LocalCluster.Another another : ANOTHER) {
                load.leaveOut(another.uri(""));
                another.close();
                another.startAgain();
                load.putBack(another.uri(""));
                load.awaitAnswers(1_000);
            }
            System.out.println("FIGURE rolling restart: " + load.report());
            assertThat(load.failures()).isEmpty();
        }
    }

    /** Waits until no partition of a store is where it was. */
    private static void awaitMoved(LocalCluster.Another victim) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            String address = victim.uri("").getAuthority();
            for (ViewSpec spec : SPECS) {
                Store<?, ?> store = mainStore(spec.definition());
                HttpResponse<String> answer = get(
                        fleet().getFirst(),
                        pathOf(spec.definition(), store) + "/" + listOf(store) + "?limit=1&maxStaleness=0");
                assertThat(answer.statusCode()).as(address).isEqualTo(200);
            }
        });
    }

    private static List<String> queriesOfKeys() throws Exception {
        return queries().stream()
                .filter(query -> !query.contains("limit=") && !query.endsWith("s"))
                .toList();
    }
}
