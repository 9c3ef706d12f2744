package dev.kappa.localdev.load;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import java.util.Optional;

/** How times are written in a file. A pattern without a zone means UTC. */
final class TimeFormat {

    /** Seconds of today are before it when they are taken for milliseconds, microseconds after the other. */
    private static final Instant FIRST_PLAUSIBLE = Instant.parse("1973-01-01T00:00:00Z");

    private static final Instant LAST_PLAUSIBLE = Instant.parse("2200-01-01T00:00:00Z");

    private final Optional<DateTimeFormatter> pattern;
    private final ChronoUnit unit;
    private final boolean isStated;

    private TimeFormat(Optional<DateTimeFormatter> pattern, ChronoUnit unit, boolean isStated) {
        this.pattern = pattern;
        this.unit = unit;
        this.isStated = isStated;
    }

    /**
     * ISO-8601 with a zone, such as {@code 2026-01-01T00:00:00Z}, or milliseconds since 1970: numbers that would be implausible
     * times are refused, since they are likely to be in another unit.
     */
    static TimeFormat standard() {
        return new TimeFormat(Optional.empty(), ChronoUnit.MILLIS, false);
    }

    /** A number that is no plausible time in milliseconds. */
    static final class ImplausibleTimeException extends IllegalArgumentException {

        private static final long serialVersionUID = 1L;

        ImplausibleTimeException(String text, Instant asMillis) {
            super("\"" + text + "\" would be " + asMillis + " in milliseconds. Give the unit with --time-format"
                    + " epoch-seconds, epoch-millis, epoch-micros or epoch-nanos.");
        }
    }

    /**
     * The format a user asked for.
     *
     * @param text {@code iso}, {@code epoch-seconds}, {@code epoch-millis}, {@code epoch-micros}, {@code epoch-nanos}, or a
     *     pattern of {@link DateTimeFormatter}
     * @throws IllegalArgumentException when it is no pattern
     */
    static TimeFormat of(String text) {
        return switch (text) {
            case "iso" -> standard();
            case "epoch-seconds" -> new TimeFormat(Optional.empty(), ChronoUnit.SECONDS, true);
            case "epoch-millis" -> new TimeFormat(Optional.empty(), ChronoUnit.MILLIS, true);
            case "epoch-micros" -> new TimeFormat(Optional.empty(), ChronoUnit.MICROS, true);
            case "epoch-nanos" -> new TimeFormat(Optional.empty(), ChronoUnit.NANOS, true);
            default ->
                new TimeFormat(Optional.of(DateTimeFormatter.ofPattern(text, Locale.ROOT)), ChronoUnit.MILLIS, true);
        };
    }

    /**
     * Reads a time.
     *
     * @throws IllegalArgumentException when it is not written so
     */
    Instant parse(String text) {
        String stripped = text.strip();
        try {
            if (pattern.isPresent()) {
                TemporalAccessor time = pattern.get()
                        .parseBest(stripped, OffsetDateTime::from, Instant::from, LocalDateTime::from, LocalDate::from);
                return switch (time) {
                    case OffsetDateTime offset -> offset.toInstant();
                    case LocalDateTime local -> local.toInstant(ZoneOffset.UTC);
                    case LocalDate date -> date.atStartOfDay(ZoneOffset.UTC).toInstant();
                    default -> Instant.from(time);
                };
            }
            if (!stripped.isEmpty() && stripped.chars().allMatch(c -> c >= '0' && c <= '9')) {
                Instant time = Instant.EPOCH.plus(Long.parseLong(stripped), unit);
                if (!isStated && (time.isBefore(FIRST_PLAUSIBLE) || time.isAfter(LAST_PLAUSIBLE))) {
                    throw new ImplausibleTimeException(stripped, time);
                }
                return time;
            }
            return OffsetDateTime.parse(stripped).toInstant();
        } catch (ImplausibleTimeException e) {
            throw e;
        } catch (DateTimeException | NumberFormatException | ArithmeticException e) {
            throw new IllegalArgumentException("expected a time; got \"" + text + "\" (see --time-format)", e);
        }
    }
}
