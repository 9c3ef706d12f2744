package dev.kappa.samples.fraudalerts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kappa.events.DeviceLocation;
import dev.kappa.events.Transaction;
import dev.kappa.results.CustomerProfile;
import dev.kappa.results.FraudAlert;
import dev.kappa.results.FraudRule;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RulesTest {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");
    private static final Rules RULES = new Rules(Duration.ofSeconds(10), 50);

    @Test
    void firstTransactionSetsNoMaximumAndIsNoBurst() {
        assertThat(judge(null, NOON, "1000000.00")).isEmpty();
    }

    @Test
    void burstIsInclusiveAndCountsDistanceInEitherDirection() {
        CustomerProfile profile = new CustomerProfile(1L, new BigDecimal("500.00"), NOON, 0L);
        assertThat(judge(profile, NOON, "1.00")).containsExactly(FraudRule.BURST);
        assertThat(judge(profile, NOON.plusSeconds(10), "1.00")).containsExactly(FraudRule.BURST);
        assertThat(judge(profile, NOON.minusSeconds(10), "1.00")).containsExactly(FraudRule.BURST);
        assertThat(judge(profile, NOON.plusMillis(10_001), "1.00")).isEmpty();
        assertThat(judge(profile, NOON.minusMillis(10_001), "1.00")).isEmpty();
    }

    @Test
    void newMaximumIsStrictlyAboveEveryEarlierAmount() {
        CustomerProfile profile = new CustomerProfile(1L, new BigDecimal("500.00"), NOON.minusSeconds(60), 0L);
        assertThat(judge(profile, NOON, "500.00")).isEmpty();
        assertThat(judge(profile, NOON, "500.01")).containsExactly(FraudRule.NEW_MAX);
    }

    @Test
    void profileRemembersCountMaximumLastAndAlerts() {
        CustomerProfile profile = new CustomerProfile(3L, new BigDecimal("500.00"), NOON, 1L);
        Rules.Verdict verdict = RULES.judge(profile, new LocatedTransaction(at(NOON.minusSeconds(5), "7.00"), null));
        // lastAt is that of the latest arrival, even when its event time is older.
        assertThat(verdict.profile())
                .isEqualTo(new CustomerProfile(4L, new BigDecimal("500.00"), NOON.minusSeconds(5), 2L));
    }

    @Test
    void locationFiresBeyondTheDistanceWhenBothPlacesAreKnown() {
        // One degree of latitude is 111.19 km on a sphere of the mean radius.
        assertThat(locate(48.0, 10.0, new DeviceLocation("ann", 48.44, 10.0, NOON)))
                .isEmpty();
        assertThat(locate(48.0, 10.0, new DeviceLocation("ann", 48.46, 10.0, NOON)))
                .containsExactly(FraudRule.LOCATION);
        assertThat(locate(48.0, 10.0, null)).isEmpty();
        assertThat(locate(null, 10.0, new DeviceLocation("ann", 0.0, 0.0, NOON)))
                .isEmpty();
        assertThat(locate(48.0, null, new DeviceLocation("ann", 0.0, 0.0, NOON)))
                .isEmpty();
    }

    @Test
    void distancesAreThoseOfTheSphere() {
        // Computed with 40 digits by the spherical law of cosines.
        assertThat(Geo.distanceKm(52.52, 13.405, 48.8566, 2.3522)).isCloseTo(877.4645, within(0.001));
        assertThat(Geo.distanceKm(0, 0, 0, 180)).isCloseTo(Math.PI * 6371.0088, within(1e-6));
        assertThat(Geo.distanceKm(10, 179.9, 10, -179.9)).isCloseTo(21.9009, within(0.001));
        assertThat(Geo.distanceKm(1, 2, 1, 2)).isZero();
    }

    @Test
    void rulesAreListedInTheirOrderAndTheAlertSaysWhatWasSeen() {
        CustomerProfile profile = new CustomerProfile(1L, new BigDecimal("5.00"), NOON, 0L);
        var transaction = new Transaction("t", "ann", null, new BigDecimal("6.00"), "EUR", 48.0, 10.0, null, NOON);
        var device = new DeviceLocation("ann", 50.0, 10.0, NOON);

        FraudAlert alert = RULES.judge(profile, new LocatedTransaction(transaction, device))
                .alert()
                .orElseThrow();

        assertThat(alert.getRules()).containsExactly(FraudRule.BURST, FraudRule.NEW_MAX, FraudRule.LOCATION);
        assertThat(alert.getCustomer()).isEqualTo("ann");
        assertThat(alert.getAmount()).isEqualByComparingTo("6.00");
        assertThat(alert.getDistanceKm()).isCloseTo(222.39, within(0.01));
        assertThat(alert.getAt()).isEqualTo(NOON);
    }

    private static List<FraudRule> judge(@Nullable CustomerProfile profile, Instant at, String amount) {
        return RULES.judge(profile, new LocatedTransaction(at(at, amount), null))
                .alert()
                .map(FraudAlert::getRules)
                .orElse(List.of());
    }

    private static List<FraudRule> locate(
            @Nullable Double latitude, @Nullable Double longitude, @Nullable DeviceLocation device) {
        var transaction =
                new Transaction("t", "ann", null, new BigDecimal("1.00"), "EUR", latitude, longitude, null, NOON);
        return RULES.judge(null, new LocatedTransaction(transaction, device))
                .alert()
                .map(FraudAlert::getRules)
                .orElse(List.of());
    }

    private static Transaction at(Instant at, String amount) {
        return new Transaction("t", "ann", null, new BigDecimal(amount), "EUR", null, null, null, at);
    }
}
