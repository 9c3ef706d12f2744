package dev.kappa.localdev.load;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.Locale;
import java.util.Optional;

/** How times are written in a file. A pattern without a zone means UTC. */
final class TimeFormat {

    private final Optional<DateTimeFormatter> pattern;
    private final long perSecond;

    private TimeFormat(Optional<DateTimeFormatter> pattern, long perSecond) {
        this.pattern = pattern;
        this.perSecond = perSecond;
    }

    /** ISO-8601 with a zone, such as {@code 2026-01-01T00:00:00Z}, or milliseconds since 1970. */
    static TimeFormat standard() {
        return new TimeFormat(Optional.empty(), 1000);
    }

    /**
     * The format a user asked for.
     *
     * @param text {@code iso}, {@code epoch-millis}, {@code epoch-seconds}, or a pattern of {@link DateTimeFormatter}
     * @throws IllegalArgumentException when it is no pattern
     */
    static TimeFormat of(String text) {
        return switch (text) {
            case "iso", "epoch-millis" -> standard();
            case "epoch-seconds" -> new TimeFormat(Optional.empty(), 1);
            default -> new TimeFormat(Optional.of(DateTimeFormatter.ofPattern(text, Locale.ROOT)), 1000);
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
                return Instant.ofEpochMilli(Math.multiplyExact(Long.parseLong(stripped), 1000 / perSecond));
            }
            return OffsetDateTime.parse(stripped).toInstant();
        } catch (DateTimeException | NumberFormatException | ArithmeticException e) {
            throw new IllegalArgumentException("expected a time; got \"" + text + "\" (see --time-format)", e);
        }
    }
}
