package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.results.SensorAverage;
import dev.kappa.results.VisitorSession;
import dev.kappa.results.WindowedKey;
import dev.kappa.samples.authormood.AuthorMoodsSpec;
import dev.kappa.samples.hashtagtrends.HashtagTrendsSpec;
import dev.kappa.samples.sensoraverages.SensorAveragesSpec;
import dev.kappa.samples.sequencealerts.SequenceAlertsSpec;
import dev.kappa.samples.visitorsessions.VisitorSessionsSpec;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.Results;
import dev.kappa.topologies.kit.ViewSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The views on real data with the parameters they come with: sensors, web logs, edits, and flights and code events that are
 * truly out of order. From a live run at full pace and from a replay, against plain loops over the log and published facts.
 */
@Tag("soak")
class RealViewsIT {

    private static final Path DATA = Path.of(System.getProperty("kappa.home", ".."), "..", "shared", "data");
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final List<ViewSpec> SPECS = List.of(
            new AuthorMoodsSpec(),
            new HashtagTrendsSpec(),
            new SensorAveragesSpec(),
            new SequenceAlertsSpec(),
            new VisitorSessionsSpec());

    @Test
    void liveRunAndReplayEqualLoopsAndFacts(@TempDir Path directory) throws Exception {
        assumeTrue(Files.isDirectory(DATA), "Skipped: the real data sets are not on this machine, at " + DATA);
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.startApp(Map.of());
            load(cluster, "readings", "sensors_nab/readings.csv.gz", "--map", "at=ts");
            load(cluster, "readings", "sensors_room/readings.csv.gz", "--map", "at=ts");
            load(cluster, "page-views", "web_nasa_1995/access.csv.gz", "--map", "visitor=client,at=ts");
            load(cluster, "page-views", "wiki_edits_2015/edits.csv.gz", "--map", "visitor=user,path=page,at=ts");
            load(cluster, "page-views", "github_events_2018/events.csv.gz", "--map", "visitor=actor,path=type,at=ts");
            load(
                    cluster,
                    "posts",
                    "flights_us_2014/flights.csv.gz",
                    "--map",
                    "postId=tail_num,author=origin,hashtags=carrier,createdAt=sched_dep",
                    "--split",
                    "hashtags= ");
            History history = cluster.topics().read(SPECS);
            Map<String, Map<Object, Object>> expected = new HashMap<>();
            SPECS.forEach(spec -> expected.put(name(spec), spec.expected(history, Map.of())));
            SPECS.forEach(spec -> awaitEqual(cluster, spec, 1, expected.getOrDefault(name(spec), Map.of())));
            assertFacts(cluster);

            for (ViewSpec spec : SPECS) {
                assertThat(cluster.kappa("replay", "start", name(spec))).isZero();
            }
            SPECS.forEach(spec -> awaitEqual(cluster, spec, 2, expected.getOrDefault(name(spec), Map.of())));
            JsonNode flights = cluster.json("/api/v1/views/hashtag-trends/versions");
            assertThat(flights.findPath("late").path("aggregate-counts").asLong())
                    .as("flights that are truly late")
                    .isPositive();
        }
    }

    private static void assertFacts(LocalCluster cluster) {
        Map<Object, Object> sessions = cluster.results(new VisitorSessionsSpec(), 1);
        assertThat(sessionsIn(sessions, 1995)).isEqualTo(2_989);
        assertThat(sessionsIn(sessions, 2015)).isEqualTo(16_074);
        Map<Object, Object> averages = cluster.results(new SensorAveragesSpec(), 1);
        assertAverage(averages, "ec2_cpu_utilization_24ae8d", "2014-02-15T00:00:00Z", 12, 0.117, 0.066, 0.136);
        assertAverage(averages, "S1_Temp", "2017-12-22T11:00:00Z", 112, 25.3558036, 25.06, 25.56);
    }

    private static long sessionsIn(Map<Object, Object> sessions, int year) {
        return sessions.entrySet().stream()
                .filter(session -> session.getValue() instanceof VisitorSession)
                .filter(session -> session.getKey() instanceof WindowedKey key
                        && key.getStart().toString().startsWith(year + "-"))
                .count();
    }

    private static void assertAverage(
            Map<Object, Object> averages,
            String sensor,
            String start,
            long count,
            double mean,
            double min,
            double max) {
        Instant begin = Instant.parse(start);
        var key = new WindowedKey(sensor, begin, begin.plus(Duration.ofHours(1)));
        assertThat(averages.get(key)).isInstanceOfSatisfying(SensorAverage.class, average -> {
            assertThat(average.getCount()).isEqualTo(count);
            assertThat(average.getMean()).isCloseTo(mean, within(1e-3));
            assertThat(average.getMin()).isEqualTo(min);
            assertThat(average.getMax()).isEqualTo(max);
        });
    }

    private static void load(LocalCluster cluster, String topic, String file, String... more) {
        var command = new java.util.ArrayList<>(
                List.of("load", topic, DATA.resolve(file).toString()));
        command.addAll(List.of(more));
        LocalCluster.Outcome outcome = cluster.run(command.toArray(String[]::new));
        assertThat(outcome.exitCode()).as(file + outcome.err()).isLessThan(2);
    }

    private static void awaitEqual(LocalCluster cluster, ViewSpec spec, int version, Map<Object, Object> expected) {
        assertThat(expected).isNotEmpty();
        await().pollInterval(Duration.ofSeconds(2))
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(Results.differences(expected, cluster.results(spec, version)))
                        .as("%s.v%d, of %d results", name(spec), version, expected.size())
                        .isEmpty());
    }

    private static String name(ViewSpec spec) {
        return spec.definition().name();
    }
}
