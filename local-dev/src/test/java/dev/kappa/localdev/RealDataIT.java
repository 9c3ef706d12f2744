package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.avro.AvroDeserializer;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringTokenizer;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.apache.avro.generic.GenericRecord;
import org.apache.commons.csv.CSVRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The views on real tweets and payments, killed in the middle of the load: equal to facts computed elsewhere, and for
 * every key and window to an oracle that reads the same files with plain loops. Skipped where the data is not there.
 */
@Tag("soak")
class RealDataIT {

    private static final Path DATA = Path.of(System.getProperty("kappa.home", ".."), "..", "shared", "data");
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final double EARTH_RADIUS_KM = 6371.0088;
    private static final double DISTANCE_KM = 100;

    @Test
    void countsAndAlertsAreRightAlthoughTheAppIsKilledDuringTheLoad(@TempDir Path directory) throws Exception {
        assumeTrue(Files.isDirectory(DATA), "Skipped: the real data sets are not on this machine, at " + DATA);
        try (var cluster = new LocalCluster(directory).startBrokerAndRegistry()) {
            Map<String, String> parameters = Map.of("fraud-alerts.distance-km", String.valueOf(DISTANCE_KM));
            cluster.startApp(parameters);

            CompletableFuture<Void> load = CompletableFuture.runAsync(() -> loadAll(cluster, directory));
            await().atMost(PATIENCE).until(() -> records(cluster, "hashtag-trends") > 20_000);
            cluster.app().kill();
            cluster.startApp(parameters);
            load.join();

            Map<String, Long> expectedCounts = hashtagOracle();
            await().atMost(PATIENCE).untilAsserted(() -> assertSame(hashtagCounts(cluster), expectedCounts));
            await().atMost(PATIENCE).untilAsserted(() -> assertSame(outputCounts(cluster), expectedCounts));
            assertHashtagFacts(cluster);
            List<Payment> payments = payments();
            await().atMost(PATIENCE).untilAsserted(() -> assertPayments(cluster, payments));
            assertPaymentFacts(payments, cluster);
        }
    }

    private static void loadAll(LocalCluster cluster, Path directory) {
        Path tweets = DATA.resolve("tweets_crisislex/tweets.csv.gz");
        Path fight = DATA.resolve("tweets_fight2017/tweets.csv.gz");
        Path cards = DATA.resolve("payments_sparkov_slices/transactions.csv.gz");
        Path invoices = DATA.resolve("payments_online_retail/invoices.csv.gz");
        String posts = "postId=tweet_id,createdAt=created_at";
        assertThat(load(cluster, "posts", tweets, "--map", posts, "--split", "hashtags= "))
                .isZero();
        assertThat(load(cluster, "posts", fight, "--map", posts + ",author=user", "--split", "hashtags= "))
                .isZero();

        assertThat(load(cluster, "device-locations", homes(cards, directory))).isZero();
        String card = "transactionId=trans_num,amount=amount_usd,latitude=merch_lat,longitude=merch_lon,at=ts";
        assertThat(load(cluster, "transactions", cards, "--map", card, "--where", "slice=A", "--where", "slice=C"))
                .isZero();
        assertThat(load(cluster, "transactions", cards, "--map", card, "--where", "slice=B", "--where", "slice=D"))
                .isZero();
        Path rejects = directory.resolve("invoices.rejected.csv");
        int status = load(
                cluster,
                "transactions",
                invoices,
                "--map",
                "transactionId=invoice,amount=amount_gbp,at=ts",
                "--set",
                "currency=GBP",
                "--where",
                "is_cancellation=0",
                "--rejects",
                rejects.toString());
        assertThat(status).as("invoices without a customer are reported").isEqualTo(1);
    }

    private static int load(LocalCluster cluster, String topic, Path file, String... options) {
        var arguments = new ArrayList<>(List.of("load", topic, file.toString()));
        arguments.addAll(List.of(options));
        return cluster.kappa(arguments.toArray(String[]::new));
    }

    /** The device of a card's owner is at home from the first transaction on. */
    private static Path homes(Path cards, Path directory) {
        var lines = new ArrayList<>(List.of("customer,latitude,longitude,at"));
        Set<String> seen = new HashSet<>();
        for (CSVRecord row : Posts.rows(cards)) {
            if (seen.add(row.get("customer"))) {
                lines.add(
                        String.join(",", row.get("customer"), row.get("home_lat"), row.get("home_lon"), row.get("ts")));
            }
        }
        Path file = directory.resolve("homes.csv");
        try {
            return Files.write(file, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long records(LocalCluster cluster, String view) throws Exception {
        return cluster.get("/prometheus")
                .body()
                .lines()
                .filter(line -> line.startsWith("kappa_view_records_total") && line.contains("\"" + view + "\""))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    // Hashtags

    private static Map<String, Long> hashtagOracle() {
        Map<String, Long> counts = new TreeMap<>();
        for (String set : List.of("tweets_crisislex", "tweets_fight2017")) {
            for (CSVRecord row : Posts.rows(DATA.resolve(set + "/tweets.csv.gz"))) {
                Instant hour = Instant.parse(row.get("created_at")).truncatedTo(ChronoUnit.HOURS);
                var tags = new StringTokenizer(row.get("hashtags"), " ");
                while (tags.hasMoreTokens()) {
                    counts.merge(tags.nextToken().toLowerCase(Locale.ROOT) + "@" + hour, 1L, Long::sum);
                }
            }
        }
        return counts;
    }

    private static Map<String, Long> hashtagCounts(LocalCluster cluster) throws Exception {
        Map<String, Long> counts = new TreeMap<>();
        cluster.pages(
                "/api/v1/views/hashtag-trends/stores/counts/windows",
                "windows",
                window -> counts.put(
                        window.path("key").asText() + "@" + window.path("start").asText(),
                        window.path("value").path("count").asLong()));
        return counts;
    }

    /** The newest committed value of each key in the output topic. */
    private static Map<String, Long> outputCounts(LocalCluster cluster) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers",
                cluster.kafka(),
                "isolation.level",
                "read_committed",
                AvroSerdeConfig.URL,
                cluster.registry());
        Map<String, Long> counts = new TreeMap<>();
        var keys = new AvroDeserializer<GenericRecord>();
        keys.configure(settings, true);
        var values = new AvroDeserializer<GenericRecord>();
        values.configure(settings, false);
        try (var consumer = new KafkaConsumer<>(settings, keys, values)) {
            List<TopicPartition> partitions = consumer.partitionsFor("hashtag-trends.v1").stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (ConsumerRecord<GenericRecord, GenericRecord> record : consumer.poll(Duration.ofMillis(200))) {
                    counts.put(record.key().get("key") + "@" + record.key().get("start"), (Long)
                            record.value().get("count"));
                }
            }
        }
        return counts;
    }

    /** AssertJ's own message would list all 50,000 entries. */
    private static void assertSame(Map<String, Long> actual, Map<String, Long> expected) {
        var keys = new HashSet<>(actual.keySet());
        keys.addAll(expected.keySet());
        List<String> different = keys.stream()
                .filter(key -> !expected.getOrDefault(key, 0L).equals(actual.getOrDefault(key, 0L)))
                .limit(10)
                .map(key -> key + " is " + actual.get(key) + ", should be " + expected.get(key))
                .toList();
        assertThat(different).isEmpty();
    }

    private static void assertHashtagFacts(LocalCluster cluster) throws Exception {
        assertThat(top(cluster, "2013-04-15T20:15:00Z", 4))
                .containsExactly(
                        Map.entry("prayforboston", 44L),
                        Map.entry("bostonmarathon", 23L),
                        Map.entry("boston", 7L),
                        Map.entry("pra", 2L));
        assertThat(totalOf(cluster, "mayweathervmcgregor")).isEqualTo(4592);
        assertThat(totalOf(cluster, "yycflood")).isEqualTo(2808);
        assertThat(totalOf(cluster, "tmt")).isEqualTo(134);
    }

    private static List<Map.Entry<String, Long>> top(LocalCluster cluster, String at, int n) throws Exception {
        JsonNode answer = cluster.json("/api/v1/views/hashtag-trends/stores/counts/top?at=" + at + "&limit=" + n);
        List<Map.Entry<String, Long>> entries = new ArrayList<>();
        answer.path("entries")
                .forEach(entry -> entries.add(Map.entry(
                        entry.path("key").asText(),
                        entry.path("value").path("count").asLong())));
        return entries;
    }

    private static long totalOf(LocalCluster cluster, String hashtag) throws Exception {
        var total = new long[1];
        cluster.pages(
                "/api/v1/views/hashtag-trends/stores/counts/windows/" + hashtag,
                "windows",
                window -> total[0] += window.path("value").path("count").asLong());
        return total[0];
    }

    // Payments

    private record Place(double latitude, double longitude) {}

    private record Payment(
            String id,
            String set,
            String customer,
            BigDecimal amount,
            Instant at,
            Optional<Place> place,
            Optional<Place> home) {}

    private static List<Payment> payments() {
        Map<String, Place> homes = new HashMap<>();
        List<CSVRecord> cards = Posts.rows(DATA.resolve("payments_sparkov_slices/transactions.csv.gz"));
        cards.forEach(row -> homes.putIfAbsent(row.get("customer"), place(row, "home_lat", "home_lon")));
        var payments = new ArrayList<Payment>();
        for (String slices : List.of("AC", "BD")) {
            for (CSVRecord row : cards) {
                if (slices.contains(row.get("slice"))) {
                    payments.add(new Payment(
                            row.get("trans_num"),
                            slices,
                            row.get("customer"),
                            new BigDecimal(row.get("amount_usd")),
                            Instant.parse(row.get("ts")),
                            Optional.of(place(row, "merch_lat", "merch_lon")),
                            Optional.ofNullable(homes.get(row.get("customer")))));
                }
            }
        }
        for (CSVRecord row : Posts.rows(DATA.resolve("payments_online_retail/invoices.csv.gz"))) {
            if (row.get("is_cancellation").equals("0") && !row.get("customer").isEmpty()) {
                payments.add(new Payment(
                        row.get("invoice"),
                        "retail",
                        row.get("customer"),
                        new BigDecimal(row.get("amount_gbp")),
                        Instant.parse(row.get("ts")),
                        Optional.empty(),
                        Optional.empty()));
            }
        }
        return payments;
    }

    private static Place place(CSVRecord row, String latitude, String longitude) {
        return new Place(Double.parseDouble(row.get(latitude)), Double.parseDouble(row.get(longitude)));
    }

    /** What a customer's payments so far come to. */
    private static final class History {
        private long count;
        private long alerts;
        private BigDecimal max = BigDecimal.ZERO;
        private Instant lastAt = Instant.EPOCH;
    }

    /** An alert as the oracle sees it. */
    private record Alert(Payment payment, List<String> rules, double distance) {}

    private static Map<String, Alert> alertOracle(List<Payment> payments, Map<String, History> histories) {
        Map<String, Alert> alerts = new LinkedHashMap<>();
        for (Payment payment : payments) {
            History history = histories.computeIfAbsent(payment.customer(), _ -> new History());
            var rules = new ArrayList<String>();
            if (history.count > 0 && Math.abs(payment.at().toEpochMilli() - history.lastAt.toEpochMilli()) <= 10_000) {
                rules.add("BURST");
            }
            if (history.count > 0 && payment.amount().compareTo(history.max) > 0) {
                rules.add("NEW_MAX");
            }
            double distance = payment.place()
                    .map(place -> distance(place, payment.home().orElseThrow()))
                    .orElse(-1.0);
            if (distance > DISTANCE_KM) {
                rules.add("LOCATION");
            }
            history.max = history.count == 0 ? payment.amount() : history.max.max(payment.amount());
            history.count++;
            history.lastAt = payment.at();
            if (!rules.isEmpty()) {
                history.alerts++;
                alerts.put(payment.id(), new Alert(payment, rules, distance));
            }
        }
        return alerts;
    }

    /** The angle between two places as vectors from the centre of the Earth. */
    private static double distance(Place a, Place b) {
        double[] u = vector(a);
        double[] v = vector(b);
        double[] cross = {
            u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0],
        };
        double sine = Math.sqrt(cross[0] * cross[0] + cross[1] * cross[1] + cross[2] * cross[2]);
        return EARTH_RADIUS_KM * Math.atan2(sine, u[0] * v[0] + u[1] * v[1] + u[2] * v[2]);
    }

    private static double[] vector(Place place) {
        double latitude = Math.toRadians(place.latitude());
        double longitude = Math.toRadians(place.longitude());
        return new double[] {
            Math.cos(latitude) * Math.cos(longitude), Math.cos(latitude) * Math.sin(longitude), Math.sin(latitude)
        };
    }

    private static void assertPayments(LocalCluster cluster, List<Payment> payments) throws Exception {
        Map<String, History> histories = new HashMap<>();
        Map<String, Alert> expected = alertOracle(payments, histories);
        Map<String, JsonNode> alerts = entries(cluster, "alerts");
        assertThat(difference(expected.keySet(), alerts.keySet()))
                .as("missing alerts")
                .isEmpty();
        assertThat(difference(alerts.keySet(), expected.keySet()))
                .as("wrong alerts")
                .isEmpty();
        expected.forEach((id, alert) ->
                assertAlert(id, Optional.ofNullable(alerts.get(id)).orElseThrow(), alert));

        Map<String, JsonNode> profiles = entries(cluster, "profiles");
        assertThat(difference(histories.keySet(), profiles.keySet()))
                .as("missing profiles")
                .isEmpty();
        histories.forEach((customer, history) -> {
            JsonNode profile = Optional.ofNullable(profiles.get(customer)).orElseThrow();
            assertThat(profile.path("count").asLong()).as(customer).isEqualTo(history.count);
            assertThat(profile.path("alerts").asLong()).as(customer).isEqualTo(history.alerts);
            assertThat(new BigDecimal(profile.path("max").asText()))
                    .as(customer)
                    .isEqualByComparingTo(history.max);
            assertThat(profile.path("lastAt").asText()).as(customer).isEqualTo(history.lastAt.toString());
        });
    }

    private static List<String> difference(Set<String> all, Set<String> without) {
        return all.stream()
                .filter(key -> !without.contains(key))
                .sorted()
                .limit(10)
                .toList();
    }

    private static void assertAlert(String id, JsonNode actual, Alert expected) {
        var rules = new ArrayList<String>();
        actual.path("rules").forEach(rule -> rules.add(rule.asText()));
        assertThat(rules).as("rules of %s", id).isEqualTo(expected.rules());
        assertThat(actual.path("customer").asText())
                .isEqualTo(expected.payment().customer());
        assertThat(new BigDecimal(actual.path("amount").asText()))
                .isEqualByComparingTo(expected.payment().amount());
        if (expected.distance() < 0) {
            assertThat(actual.path("distanceKm").isNull()).isTrue();
        } else {
            assertThat(actual.path("distanceKm").asDouble()).isCloseTo(expected.distance(), within(1e-6));
        }
    }

    private static Map<String, JsonNode> entries(LocalCluster cluster, String store) throws Exception {
        Map<String, JsonNode> entries = new LinkedHashMap<>();
        cluster.pages(
                "/api/v1/views/fraud-alerts/stores/" + store + "/entries",
                "entries",
                entry -> entries.put(entry.path("key").asText(), entry.path("value")));
        return entries;
    }

    /** Counts by rule that were computed by somebody else. */
    private static void assertPaymentFacts(List<Payment> payments, LocalCluster cluster) throws Exception {
        Map<String, String> setOf = new HashMap<>();
        payments.forEach(payment -> setOf.put(payment.id(), payment.set()));
        Map<String, Integer> counts = new TreeMap<>();
        entries(cluster, "alerts")
                .forEach((id, alert) -> alert.path("rules")
                        .forEach(rule -> counts.merge(setOf.get(id) + " " + rule.asText(), 1, Integer::sum)));
        assertThat(counts)
                .containsEntry("AC BURST", 2)
                .containsEntry("AC NEW_MAX", 1174)
                .containsEntry("AC LOCATION", 1405)
                .containsEntry("retail BURST", 122)
                .containsEntry("retail NEW_MAX", 2949)
                .doesNotContainKey("retail LOCATION");
    }
}
