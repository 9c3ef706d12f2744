package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.events.AdEvent;
import dev.kappa.events.Campaign;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Specs;
import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.results.WindowedKey;
import dev.kappa.samples.campaignviews.CampaignViewsSpec;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.kit.Drafts;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.InputRecord;
import dev.kappa.topologies.kit.Results;
import dev.kappa.topologies.kit.ViewSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A replay equals a live run, and both equal plain loops over the same hostile input: for every view, live, replayed from
 * the beginning and from a later time.
 */
class EqualityIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Path HOME = Path.of(System.getProperty("kappa.home", ".."));
    private static final Input<AdEvent> AD_EVENTS = Input.stream("ad-events", AdEvent.class);
    private static final Input<Campaign> CAMPAIGNS = Input.table("campaigns", Campaign.class);
    private static final History HISTORY = Drafts.random(Specs.ALL, 4, 2_500, 1);

    @Test
    void liveRunReplayAndOracleAgree(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.startApp(Specs.parameters());
            cluster.topics().write(HISTORY);
            for (ViewSpec spec : Specs.ALL) {
                awaitEqual(cluster, spec, 1, expected(spec));
            }

            replayAll(cluster, "earliest");
            for (ViewSpec spec : Specs.ALL) {
                awaitEqual(cluster, spec, 2, expected(spec));
            }
            abortAll(cluster);

            Instant later = Instant.parse("2024-03-01T01:00:00Z");
            replayAll(cluster, later.toString());
            for (ViewSpec spec : Specs.ALL) {
                awaitEqualSince(cluster, spec, 3, expected(spec));
            }
            abortAll(cluster);
        }
    }

    /** What plain Kafka Streams makes of the same input, so that it is known that the input is hostile. */
    @Test
    @Tag("soak")
    void resultsDifferWithoutAlignment(@TempDir Path directory) throws Exception {
        var table = new StringBuilder("""
                | view | results | differ without alignment |
                |---|---|---|
                """);
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.launchApp(Specs.parameters(), "-Dkappa.alignment.enabled=false");
            cluster.awaitApp();
            cluster.topics().write(HISTORY);
            replayAll(cluster, "earliest");
            for (ViewSpec spec : Specs.ALL) {
                awaitEnd(cluster, spec, 2);
                Map<Object, Object> results = expected(spec);
                int different =
                        Results.differences(results, cluster.results(spec, 2)).size();
                table.append("| %s | %d | %d |%n".formatted(name(spec), results.size(), different));
                if (List.of("hashtag-trends", "campaign-views").contains(name(spec))) {
                    assertThat(different)
                            .as("results of %s without alignment", name(spec))
                            .isPositive();
                }
            }
        }
        System.out.println(table);
        if ("write".equals(System.getProperty("kappa.docs"))) {
            Path page = HOME.resolve("docs/replay-equals-live.md");
            String text = Files.readString(page);
            int begin = text.indexOf("| view |");
            int end = text.indexOf("\n\n", begin);
            Files.writeString(page, text.substring(0, begin) + table.toString().strip() + text.substring(end));
        }
    }

    private static Map<Object, Object> expected(ViewSpec spec) {
        return spec.expected(HISTORY, spec.parameters());
    }

    /** One instance has nearly all of the events, the other would be through long before. */
    @Test
    @Tag("soak")
    void instancesWaitForEachOther(@TempDir Path directory) throws Exception {
        var spec = new CampaignViewsSpec();
        var parameters = Map.of("window", "PT10S", "grace", "PT5S", "retention", "PT4H");
        var settings = new HashMap<String, String>();
        parameters.forEach((name, value) -> settings.put("campaign-views." + name, value));
        History history = unequalPartitions();
        Map<Object, Object> expected = spec.expected(history, parameters);
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            cluster.launchApp(settings, "-Dkappa.topics.partitions=2");
            cluster.awaitApp();
            try (var another = cluster.startAnotherApp(settings)) {
                assertThat(another.process().isAlive()).isTrue();
                cluster.topics().write(history);
                awaitEqual(cluster, spec, 1, expected);
                assertThat(cluster.kappa("replay", "start", "campaign-views")).isZero();
                assertThat(cluster.kappa("replay", "watch", "campaign-views")).isZero();
                awaitEqual(cluster, spec, 2, expected);
            }
        }
    }

    /** Half a day of ads in two partitions, a hundred times as many in one as in the other. */
    private static History unequalPartitions() {
        Instant start = Instant.parse("2024-03-01T00:00:00Z");
        String[] ads = {"", ""};
        for (int i = 0; ads[0].isEmpty() || ads[1].isEmpty(); i++) {
            ads[Drafts.partitionOf("ad-" + i, 2)] = "ad-" + i;
        }
        var records = new ArrayList<InputRecord>();
        for (int partition = 0; partition < 2; partition++) {
            String ad = ads[partition];
            records.add(new InputRecord(
                    CAMPAIGNS,
                    partition,
                    ad,
                    new Campaign(ad, "campaign-" + partition),
                    InputRecord.Form.KNOWN,
                    start));
            int events = partition == 0 ? 30_000 : 300;
            for (int i = 0; i < events; i++) {
                Instant at = start.plusMillis(Duration.ofHours(12).toMillis() * i / events);
                records.add(new InputRecord(
                        AD_EVENTS,
                        partition,
                        ad,
                        new AdEvent("u", "p", ad, "banner", "view", at),
                        InputRecord.Form.KNOWN,
                        at));
            }
        }
        return new History(records);
    }

    /**
     * Windows are kept for a minute, and partitions may be read as far apart as they like. The instance is killed when it has lost a
     * result and before it has said so: the transaction is not committed, and the next instance finds the loss again.
     */
    @Test
    @Tag("soak")
    void aReplayThatLosesResultsFails(@TempDir Path directory) throws Exception {
        var spec = new CampaignViewsSpec();
        History history = Drafts.random(List.of(spec), 4, 2_500, 1);
        String skew = "-Dkappa.alignment.max-skew=P36500D";
        try (var cluster = new LocalCluster(directory, "campaign-views").startBrokerAndRegistry()) {
            cluster.startApp(Specs.parameters());
            cluster.topics().write(history);
            awaitEqual(cluster, spec, 1, spec.expected(history, spec.parameters()));
            cluster.app().close();
            ChildProcess killed = cluster.launchApp(
                    Specs.parameters(), skew, "-Ddev.kappa.halt-at=" + CrashPoint.INSTANCE_BEFORE_LOSS_RECORDED);
            cluster.awaitApp();
            assertThat(cluster.kappa("replay", "start", "campaign-views", "--set", "retention=PT1M"))
                    .isZero();
            assertThat(killed.await()).isEqualTo(137);
            cluster.launchApp(Specs.parameters(), skew);
            cluster.awaitApp();
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(cluster.run("replay", "status", "campaign-views")
                                    .out())
                            .contains("FAILED", "results were lost because input partitions were read further apart"));
        }
    }

    private static String name(ViewSpec spec) {
        return spec.definition().name();
    }

    private static void replayAll(LocalCluster cluster, String from) {
        for (ViewSpec spec : Specs.ALL) {
            assertThat(cluster.run("replay", "start", name(spec), "--from", from))
                    .satisfies(outcome ->
                            assertThat(outcome.exitCode()).as(outcome.err()).isZero());
        }
        for (ViewSpec spec : Specs.ALL) {
            assertThat(cluster.kappa("replay", "watch", name(spec))).isZero();
        }
    }

    private static void abortAll(LocalCluster cluster) {
        for (ViewSpec spec : Specs.ALL) {
            assertThat(cluster.kappa("replay", "abort", name(spec), "--yes")).isZero();
        }
    }

    /** Returns when a version has read all there is. */
    private static void awaitEnd(LocalCluster cluster, ViewSpec spec, int version) {
        await().atMost(PATIENCE).until(() -> {
            for (JsonNode entry :
                    cluster.json("/api/v1/views/" + name(spec) + "/versions").path("versions")) {
                if (entry.path("version").asInt() == version) {
                    return entry.path("progress").path("lag").asLong(-1) == 0;
                }
            }
            return false;
        });
    }

    private static void awaitEqual(LocalCluster cluster, ViewSpec spec, int version, Map<Object, Object> expected) {
        assertThat(expected).as(name(spec)).isNotEmpty();
        try {
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Results.differences(expected, cluster.results(spec, version)))
                            .as("%s.v%d, of %d results", name(spec), version, expected.size())
                            .isEmpty());
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(standing(cluster, spec), e);
        }
    }

    /** What tells a version that stands still from one that is slow. */
    private static String standing(LocalCluster cluster, ViewSpec spec) {
        try {
            List<String> warnings = cluster.appLog()
                    .lines()
                    .filter(line -> !line.contains(" INFO ") && !line.contains("sent to the dead letters"))
                    .toList();
            return cluster.get("/api/v1/views/" + name(spec) + "/versions").body()
                    + System.lineSeparator()
                    + String.join(
                            System.lineSeparator(),
                            warnings.subList(Math.max(0, warnings.size() - 50), warnings.size()));
        } catch (IOException e) {
            return "The app does not answer: " + e;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "Interrupted";
        }
    }

    /** Compares what a version that does not begin at the beginning says is complete. */
    private static void awaitEqualSince(LocalCluster cluster, ViewSpec spec, int version, Map<Object, Object> expected)
            throws Exception {
        Optional<Instant> completeFrom = completeFrom(cluster, spec, version);
        var since = new HashMap<Object, Object>();
        expected.forEach((key, value) -> {
            if (isSince(key, completeFrom)) {
                since.put(key, value);
            }
        });
        if (since.isEmpty()) {
            return;
        }
        await().atMost(PATIENCE).untilAsserted(() -> {
            Map<Object, Object> results = cluster.results(spec, version);
            results.keySet().removeIf(key -> !isSince(key, completeFrom));
            assertThat(Results.differences(since, results))
                    .as("%s.v%d since %s", name(spec), version, completeFrom)
                    .isEmpty();
        });
    }

    private static boolean isSince(Object key, Optional<Instant> completeFrom) {
        return completeFrom.isPresent()
                && key instanceof WindowedKey window
                && !window.getStart().isBefore(completeFrom.get());
    }

    private static Optional<Instant> completeFrom(LocalCluster cluster, ViewSpec spec, int version) throws Exception {
        var found = new ArrayList<Instant>();
        for (JsonNode entry :
                cluster.json("/api/v1/views/" + name(spec) + "/versions").path("versions")) {
            if (entry.path("version").asInt() == version
                    && entry.path("completeFrom").isTextual()) {
                found.add(Instant.parse(entry.path("completeFrom").asText()));
            }
        }
        return found.stream().findFirst();
    }
}
