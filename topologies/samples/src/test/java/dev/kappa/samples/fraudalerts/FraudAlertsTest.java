package dev.kappa.samples.fraudalerts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.events.DeviceLocation;
import dev.kappa.events.Transaction;
import dev.kappa.results.FraudAlert;
import dev.kappa.results.FraudRule;
import dev.kappa.topologies.kit.ViewTestDriver;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FraudAlertsTest {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    @TempDir
    Path directory = Path.of("");

    @Test
    void alertIsKeptAndWrittenUnderItsTransaction() {
        try (var view = view(Map.of())) {
            view.send(FraudAlerts.TRANSACTIONS, transaction("t1", "ann", "10.00", NOON));
            view.send(FraudAlerts.TRANSACTIONS, transaction("t2", "ann", "20.00", NOON.plusSeconds(60)));

            Map<String, FraudAlert> alerts = view.entries(FraudAlerts.ALERTS);
            assertThat(alerts).containsOnlyKeys("t2");
            assertThat(view.output(FraudAlerts.OUTPUT.key(), FraudAlerts.OUTPUT.value()))
                    .isEqualTo(alerts);
            assertThat(view.entries(FraudAlerts.PROFILES)).containsOnlyKeys("ann");
        }
    }

    @Test
    void locationComesFromTheTable() {
        try (var view = view(Map.of("distance-km", "100"))) {
            view.send(FraudAlerts.DEVICE_LOCATIONS, new DeviceLocation("ann", 48.0, 10.0, NOON));
            view.send(FraudAlerts.TRANSACTIONS, transaction("near", "ann", "1.00", NOON, 48.5, 10.0));
            view.send(FraudAlerts.TRANSACTIONS, transaction("far", "ann", "1.00", NOON.plusSeconds(60), 50.0, 10.0));
            view.send(FraudAlerts.TRANSACTIONS, transaction("unknown", "bob", "1.00", NOON, 0.0, 0.0));

            assertThat(view.entries(FraudAlerts.ALERTS)).containsOnlyKeys("far");
        }
    }

    @Test
    void parametersChangeTheRules() {
        try (var view = view(Map.of("burst", "PT0S"))) {
            view.send(FraudAlerts.TRANSACTIONS, transaction("t1", "ann", "10.00", NOON));
            view.send(FraudAlerts.TRANSACTIONS, transaction("t2", "ann", "1.00", NOON.plusMillis(1)));
            view.send(FraudAlerts.TRANSACTIONS, transaction("t3", "ann", "1.00", NOON.plusMillis(1)));

            assertThat(view.entries(FraudAlerts.ALERTS)).containsOnlyKeys("t3");
        }
    }

    /** Random transactions, also out of order, against plain loops. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void equalsABatchComputation(long seed) {
        var random = new Random(seed);
        Map<String, List<Transaction>> earlier = new HashMap<>();
        Map<String, List<FraudRule>> expected = new HashMap<>();
        try (var view = view(Map.of())) {
            for (int i = 0; i < 500; i++) {
                String customer = "customer-" + random.nextInt(8);
                Instant at = NOON.plusSeconds(i + random.nextInt(40));
                String amount = random.nextInt(1000) + "." + (10 + random.nextInt(90));
                Transaction next = transaction("t" + i, customer, amount, at);
                view.send(FraudAlerts.TRANSACTIONS, next);

                List<Transaction> before = earlier.computeIfAbsent(customer, _ -> new ArrayList<>());
                var rules = new ArrayList<FraudRule>();
                if (!before.isEmpty()) {
                    long apart = before.getLast().getAt().toEpochMilli() - at.toEpochMilli();
                    if (apart >= -10_000 && apart <= 10_000) {
                        rules.add(FraudRule.BURST);
                    }
                    if (before.stream().allMatch(one -> one.getAmount().compareTo(next.getAmount()) < 0)) {
                        rules.add(FraudRule.NEW_MAX);
                    }
                }
                before.add(next);
                if (!rules.isEmpty()) {
                    expected.put("t" + i, rules);
                }
            }
            var actual = new HashMap<String, List<FraudRule>>();
            view.entries(FraudAlerts.ALERTS).forEach((id, alert) -> actual.put(id, alert.getRules()));
            assertThat(actual).as("seed %d", seed).isEqualTo(expected);
        }
    }

    private ViewTestDriver view(Map<String, String> parameters) {
        return new ViewTestDriver(new FraudAlerts(), directory, parameters);
    }

    private static Transaction transaction(String id, String customer, String amount, Instant at) {
        return new Transaction(id, customer, null, new BigDecimal(amount), "EUR", null, null, null, at);
    }

    private static Transaction transaction(
            String id, String customer, String amount, Instant at, double latitude, double longitude) {
        return new Transaction(id, customer, null, new BigDecimal(amount), "EUR", latitude, longitude, null, at);
    }
}
