package dev.kappa.samples.fraudalerts;

import dev.kappa.events.DeviceLocation;
import dev.kappa.events.Transaction;
import dev.kappa.results.FraudAlert;
import dev.kappa.results.FraudRule;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.ViewSpec;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What fraud-alerts does, by plain loops. */
public final class FraudAlertsSpec implements ViewSpec {

    private static final double RADIUS_KM = 6371.0088;

    @Override
    public ViewDefinition definition() {
        return new FraudAlerts();
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of("burst", "PT2S", "distance-km", "200");
    }

    @Override
    public Duration open() {
        return Duration.ofMinutes(1);
    }

    @Override
    public Sent event(int key, int dice, Instant at) {
        String customer = "customer-" + key;
        double latitude = 40 + dice % 17 / 4.0;
        double longitude = 10 - dice % 11 / 3.0;
        if (dice % 5 == 0) {
            return Sent.of(FraudAlerts.DEVICE_LOCATIONS, new DeviceLocation(customer, latitude, longitude, at));
        }
        boolean placed = dice % 3 > 0;
        return Sent.of(
                FraudAlerts.TRANSACTIONS,
                new Transaction(
                        customer + "-" + at.toEpochMilli() + "-" + dice,
                        customer,
                        null,
                        BigDecimal.valueOf(dice * 37L % 1000, 2),
                        "EUR",
                        placed ? latitude : null,
                        placed ? longitude : null,
                        null,
                        at));
    }

    @Override
    public Map<Object, Object> expected(History history, Map<String, String> parameters) {
        long burst = Duration.parse(parameters.getOrDefault("burst", "PT10S")).toMillis();
        double far = Double.parseDouble(parameters.getOrDefault("distance-km", "50"));
        Map<String, List<Transaction>> earlier = new HashMap<>();
        var expected = new HashMap<Object, Object>();
        for (History.Arrived<Transaction> arrived : history.arrived(FraudAlerts.TRANSACTIONS)) {
            Transaction now = Objects.requireNonNull(arrived.value());
            List<Transaction> before = earlier.computeIfAbsent(arrived.key(), _ -> new ArrayList<>());
            var rules = new ArrayList<FraudRule>();
            if (!before.isEmpty()) {
                long apart = arrived.at() - before.getLast().getAt().toEpochMilli();
                if (Math.abs(apart) <= burst) {
                    rules.add(FraudRule.BURST);
                }
                if (before.stream().allMatch(one -> one.getAmount().compareTo(now.getAmount()) < 0)) {
                    rules.add(FraudRule.NEW_MAX);
                }
            }
            DeviceLocation device = history.asOf(FraudAlerts.DEVICE_LOCATIONS, arrived.key(), arrived.at());
            Double distance = device == null || now.getLatitude() == null || now.getLongitude() == null
                    ? null
                    : distance(now.getLatitude(), now.getLongitude(), device.getLatitude(), device.getLongitude());
            if (distance != null && distance > far) {
                rules.add(FraudRule.LOCATION);
            }
            before.add(now);
            if (!rules.isEmpty()) {
                expected.put(
                        now.getTransactionId(),
                        new FraudAlert(now.getCustomer(), rules, now.getAmount(), distance, now.getAt()));
            }
        }
        return expected;
    }

    /** By the angle between the two places as seen from the centre of the Earth. */
    private static double distance(double latitude1, double longitude1, double latitude2, double longitude2) {
        double[] a = direction(latitude1, longitude1);
        double[] b = direction(latitude2, longitude2);
        double x = a[1] * b[2] - a[2] * b[1];
        double y = a[2] * b[0] - a[0] * b[2];
        double z = a[0] * b[1] - a[1] * b[0];
        double dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
        return RADIUS_KM * Math.atan2(Math.sqrt(x * x + y * y + z * z), dot);
    }

    private static double[] direction(double latitude, double longitude) {
        double phi = Math.toRadians(latitude);
        double lambda = Math.toRadians(longitude);
        return new double[] {Math.cos(phi) * Math.cos(lambda), Math.cos(phi) * Math.sin(lambda), Math.sin(phi)};
    }

    /** The alert of a transaction that comes a third time is that of the second. */
    @Override
    public boolean repeatsItself() {
        return true;
    }
}
