package dev.kappa.app.query;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What queries answer. */
public final class Results {

    private Results() {}

    /** A key's value and the event time it is from. */
    public record Entry(Object key, Object value, Instant timestamp) {}

    /** A key's value in a window {@code [start, end)}. */
    public record Window(Object key, Instant start, Instant end, Object value, Instant timestamp) {}

    /** Part of a list, and where the next part begins. */
    public record Page<T>(List<T> items, Optional<Cursor> next) {
        public Page {
            items = List.copyOf(items);
        }
    }

    /** The largest values of a window. */
    public record Top(Instant start, Instant end, List<Entry> entries) {
        public Top {
            entries = List.copyOf(entries);
        }
    }
}
