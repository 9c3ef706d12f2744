package dev.kappa.localdev.load;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** When each event is sent: at once, at a rate, or at a multiple of the speed of event time. Not thread-safe. */
final class Pace {

    private final Optional<Integer> rate;
    private final Optional<Double> speed;
    private long events;
    private @Nullable Instant firstEvent;

    private Pace(Optional<Integer> rate, Optional<Double> speed) {
        this.rate = rate;
        this.speed = speed;
    }

    static Pace atOnce() {
        return new Pace(Optional.empty(), Optional.empty());
    }

    static Pace ofRate(int eventsPerSecond) {
        return new Pace(Optional.of(eventsPerSecond), Optional.empty());
    }

    /**
     * At a multiple of event time.
     *
     * @param factor such as {@code 60x}: a minute of events in a second
     */
    static Pace ofSpeed(String factor) {
        try {
            double value = Double.parseDouble(factor.endsWith("x") ? factor.substring(0, factor.length() - 1) : factor);
            if (value > 0 && value < Double.POSITIVE_INFINITY) {
                return new Pace(Optional.empty(), Optional.of(value));
            }
        } catch (NumberFormatException notANumber) {
            // Falls through to the same message.
        }
        throw new IllegalArgumentException("--speed takes a factor such as 60x; got \"" + factor + "\"");
    }

    /** How long after the first event the next one is due. */
    Duration due(Optional<Instant> eventTime) {
        long index = events++;
        if (rate.isPresent()) {
            return Duration.ofNanos(index * 1_000_000_000L / rate.get());
        }
        if (speed.isPresent() && eventTime.isPresent()) {
            if (firstEvent == null) {
                firstEvent = eventTime.get();
            }
            return Duration.ofMillis(
                    (long) (Duration.between(firstEvent, eventTime.get()).toMillis() / speed.get()));
        }
        return Duration.ZERO;
    }
}
