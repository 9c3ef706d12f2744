package dev.kappa.localdev.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.localdev.fixtures.Listening;
import dev.kappa.results.HashtagCount;
import dev.kappa.results.WindowedKey;
import dev.kappa.samples.fraudalerts.FraudAlertsSpec;
import dev.kappa.samples.hashtagtrends.HashtagTrendsSpec;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.Results;
import dev.kappa.topologies.kit.Topics;
import dev.kappa.topologies.kit.ViewSpec;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults on three brokers, three instances and a registry, while events arrive, clients read and follow changes, and an operator replays, switches,
 * rolls back and retires. Afterwards every result equals what plain loops compute from the inputs. {@code -Dkappa.seed} repeats a run, {@code
 * -Dkappa.minutes} sets its length.
 */
@Tag("faults")
class FaultsIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SETTLED = Duration.ofMinutes(5);
    private static final String WINDOW = "PT2M";
    private static final int RATE = 60;
    private static final List<ViewSpec> SPECS = List.of(new HashtagTrendsSpec(), new FraudAlertsSpec());
    private static final Map<String, String> PARAMETERS =
            Map.of("hashtag-trends.window", WINDOW, "hashtag-trends.grace", "PT30S");

    @TempDir
    Path directory = Path.of("");

    @Test
    void resultsAreRightWhateverFails() throws Exception {
        long seed = Long.getLong("kappa.seed", System.nanoTime());
        Duration length =
                Duration.ofSeconds(Math.round(60 * Double.parseDouble(System.getProperty("kappa.minutes", "5"))));
        System.out.println("FAULTS seed " + seed + ", " + length);
        var random = new Random(seed);
        Set<String> topics = SPECS.stream()
                .flatMap(spec -> spec.definition().inputs().stream())
                .map(Input::topic)
                .collect(Collectors.toSet());
        try (var cluster = new FaultCluster(directory, PARAMETERS, "-Dkappa.pool.include=hashtag-trends,fraud-alerts");
                var feed = new FaultFeed(cluster, seed, RATE, topics);
                var operator = new FaultOperator(cluster, seed, WINDOW);
                var readers = new FaultReaders(cluster, operator::windowOf);
                var listening =
                        new Listening(() -> cluster.uris("/api/v1/views/hashtag-trends/changes"), "count", 500)) {
            Map<Fault, Integer> happened = makeFaults(cluster, random, System.nanoTime() + length.toNanos());
            System.out.println("FAULTS " + happened);
            assertThat(operator.end()).as("the operator").isEmpty();
            assertThat(feed.end()).as("the loader").isEmpty();
            System.out.println("FAULTS operator: " + operator.report() + "; " + feed.acknowledged() + " events");
            for (FaultCluster.Member member : cluster.all()) {
                assertThat(member.isAlive()).as(member.lastWords()).isTrue();
            }
            judge(cluster, listening);
            System.out.println("FAULTS readers: " + readers.report());
            assertThat(readers.violations()).as("answers").isEmpty();
            assertThat(listening.faults).as("changes").isEmpty();
            assertThat(switches(cluster)).as("switches in the audit trail").isEqualTo(operator.switches());
        }
    }

    /** One fault after the other, every kind at least once where there is time. */
    private static Map<Fault, Integer> makeFaults(FaultCluster cluster, Random random, long end) throws Exception {
        var happened = new EnumMap<Fault, Integer>(Fault.class);
        var due = new ArrayList<Fault>();
        while (System.nanoTime() < end) {
            if (due.isEmpty()) {
                due.addAll(List.of(Fault.values()));
                Collections.shuffle(due, random);
            }
            Thread.sleep(random.nextInt(1000, 6000));
            Fault fault = due.removeLast();
            String what = fault.happen(cluster, random);
            happened.merge(fault, 1, Integer::sum);
            cluster.awaitInSync();
            System.out.println("FAULT " + fault + ": " + what);
        }
        return happened;
    }

    /** All results of all running versions, in their topics and over HTTP, equal the batch computation. */
    private static void judge(FaultCluster cluster, Listening listening) throws Exception {
        Topics topics = cluster.topics();
        History history = topics.read(SPECS);
        for (ViewSpec spec : SPECS) {
            String view = spec.definition().name();
            for (JsonNode version :
                    json(cluster, "/api/v1/views/" + view + "/versions").path("versions")) {
                if (!List.of("ACTIVE", "STANDBY", "CAUGHT_UP")
                        .contains(version.path("phase").asText())) {
                    continue;
                }
                var parameters = new HashMap<String, String>();
                version.path("parameters")
                        .properties()
                        .forEach(parameter -> parameters.put(
                                parameter.getKey(), parameter.getValue().asText()));
                Map<Object, Object> expected = spec.expected(history, parameters);
                int number = version.path("version").asInt();
                assertThat(expected).isNotEmpty();
                await().atMost(SETTLED).untilAsserted(() -> {
                    Topics.OutputContent output = topics.output(spec.definition(), number);
                    assertThat(Results.differences(expected, output.results()))
                            .as("%s.v%d", view, number)
                            .isEmpty();
                });
                if (version.path("phase").asText().equals("ACTIVE") && view.equals("hashtag-trends")) {
                    assertSameOverHttp(cluster, expected, listening);
                }
            }
        }
        assertNothingIsLeft(cluster);
    }

    /** Every instance lists the same, and so does a client that has followed the changes. */
    private static void assertSameOverHttp(FaultCluster cluster, Map<Object, Object> expected, Listening listening) {
        Map<String, Long> counts = expected.entrySet().stream()
                .collect(Collectors.toMap(
                        result -> {
                            var key = (WindowedKey) result.getKey();
                            return key.getKey() + "@" + key.getStart() + "/" + key.getEnd();
                        },
                        result -> ((HashtagCount) result.getValue()).getCount()));
        for (int instance = 0; instance < cluster.instances().size(); instance++) {
            int asked = instance;
            await().atMost(SETTLED)
                    .untilAsserted(() -> assertThat(listed(cluster, asked)).isEqualTo(counts));
        }
        await().atMost(SETTLED).untilAsserted(() -> assertThat(listening.state).isEqualTo(counts));
    }

    private static Map<String, Long> listed(FaultCluster cluster, int instance) throws Exception {
        var listed = new HashMap<String, Long>();
        String cursor = "";
        do {
            JsonNode page = json(cluster.uri(
                    instance,
                    "/api/v1/views/hashtag-trends/stores/counts/windows?limit=1000"
                            + (cursor.isEmpty() ? "" : "&cursor=" + cursor)));
            page.path("windows")
                    .forEach(window -> listed.put(
                            window.path("key").asText() + "@"
                                    + window.path("start").asText() + "/"
                                    + window.path("end").asText(),
                            window.path("value").path("count").asLong()));
            cursor = page.path("nextCursor").asText("null");
        } while (!cursor.equals("null"));
        return listed;
    }

    /** Topics and groups are those of versions that are not retired. */
    private static void assertNothingIsLeft(FaultCluster cluster) throws Exception {
        var living = new TreeSet<String>();
        for (ViewSpec spec : SPECS) {
            String view = spec.definition().name();
            json(cluster, "/api/v1/views/" + view + "/versions")
                    .path("versions")
                    .forEach(version -> {
                        if (!version.path("removed").asBoolean()) {
                            living.add(view + ".v" + version.path("version").asInt());
                        }
                    });
        }
        try (Admin admin = cluster.admin()) {
            for (String topic : admin.listTopics().names().get()) {
                if (topic.startsWith("kappa.") && topic.contains(".v") && topic.contains("-")) {
                    assertThat(living).as(topic).anyMatch(version -> topic.startsWith("kappa." + version + "-"));
                }
            }
            for (var group : admin.listGroups().all().get()) {
                if (group.groupId().matches("kappa\\..*\\.v\\d+")) {
                    assertThat(living).contains(group.groupId().substring("kappa.".length()));
                }
            }
        }
    }

    private static long switches(FaultCluster cluster) throws Exception {
        long count = 0;
        for (JsonNode change :
                json(cluster, "/api/v1/views/hashtag-trends/history").path("changes")) {
            String command = change.path("command").asText();
            count += command.startsWith("replay switch") || command.startsWith("replay rollback") ? 1 : 0;
        }
        return count;
    }

    private static JsonNode json(FaultCluster cluster, String path) throws Exception {
        return json(cluster.uri(0, path));
    }

    private static JsonNode json(URI address) throws IOException, InterruptedException {
        try (var http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer =
                    http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            return JSON.readTree(answer.body());
        }
    }
}
