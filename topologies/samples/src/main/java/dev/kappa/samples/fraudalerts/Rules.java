package dev.kappa.samples.fraudalerts;

import dev.kappa.events.DeviceLocation;
import dev.kappa.events.Transaction;
import dev.kappa.results.CustomerProfile;
import dev.kappa.results.FraudAlert;
import dev.kappa.results.FraudRule;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The rules, as a function from a customer's profile and a transaction to the next profile and, if a rule fired, an
 * alert.
 *
 * @param burst largest distance in time, inclusive, from the previous transaction at which {@code BURST} fires
 * @param distanceKm largest distance in kilometres, inclusive, from the device at which {@code LOCATION} does not fire
 */
record Rules(Duration burst, double distanceKm) {

    /** The decision about a transaction. */
    record Verdict(CustomerProfile profile, Optional<FraudAlert> alert) {}

    /**
     * Judges a customer's next transaction.
     *
     * @param profile the customer's profile so far; null before the first transaction
     */
    Verdict judge(@Nullable CustomerProfile profile, LocatedTransaction located) {
        Transaction transaction = located.transaction();
        BigDecimal amount = transaction.getAmount();
        @Nullable Double distance = distance(transaction, located.device());

        List<FraudRule> fired = new ArrayList<>();
        if (profile != null) {
            Duration sincePrevious =
                    Duration.between(profile.getLastAt(), transaction.getAt()).abs();
            if (sincePrevious.compareTo(burst) <= 0) {
                fired.add(FraudRule.BURST);
            }
            if (amount.compareTo(profile.getMax()) > 0) {
                fired.add(FraudRule.NEW_MAX);
            }
        }
        if (distance != null && distance > distanceKm) {
            fired.add(FraudRule.LOCATION);
        }

        Optional<FraudAlert> alert = fired.isEmpty()
                ? Optional.empty()
                : Optional.of(new FraudAlert(transaction.getCustomer(), fired, amount, distance, transaction.getAt()));
        var next = new CustomerProfile(
                profile == null ? 1 : profile.getCount() + 1,
                profile == null ? amount : amount.max(profile.getMax()),
                transaction.getAt(),
                (profile == null ? 0 : profile.getAlerts()) + (alert.isPresent() ? 1 : 0));
        return new Verdict(next, alert);
    }

    private static @Nullable Double distance(Transaction transaction, @Nullable DeviceLocation device) {
        if (device == null || transaction.getLatitude() == null || transaction.getLongitude() == null) {
            return null;
        }
        return Geo.distanceKm(
                transaction.getLatitude(), transaction.getLongitude(), device.getLatitude(), device.getLongitude());
    }
}
