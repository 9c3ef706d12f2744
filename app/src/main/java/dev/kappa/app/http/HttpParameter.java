package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * A parameter of a request's query, or a field of its body: declared once here, read by {@link QueryParameters} and listed by {@link
 * OpenApi}.
 *
 * @param name as clients write it
 * @param type what its value is
 * @param description for the document, in Markdown
 * @param bounds of an integer; meaningless for others
 */
record HttpParameter(String name, Type type, String description, Bounds bounds) {

    /** The type of a value. */
    enum Type {
        TEXT,
        INTEGER,
        BOOLEAN,
        /** ISO-8601, as in {@code 2026-01-01T00:00:00Z}. */
        INSTANT,
        /** ISO-8601, as in {@code PT5S}, or milliseconds. */
        DURATION,
        /** {@code TOPIC:PARTITION:OFFSET}, separated by commas. */
        POSITIONS
    }

    /** The smallest and largest value of an integer, and the one that counts when it is not given. */
    record Bounds(int atLeast, int atMost, int defaultValue) {

        private static final Bounds NONE = new Bounds(Integer.MIN_VALUE, Integer.MAX_VALUE, 0);
        private static final Bounds POSITIVE = new Bounds(1, Integer.MAX_VALUE, 1);
    }

    static final HttpParameter VERSION = positive("version", "Pins a version (default: the active one)");
    static final HttpParameter MAX_STALENESS =
            of("maxStaleness", Type.DURATION, "Maximum age of the answer: `PT5S`, or milliseconds");
    static final HttpParameter MIN_POSITION = of(
            "minPosition",
            Type.POSITIONS,
            "Records that the answer must include, by their offsets: `TOPIC:PARTITION:OFFSET,…`");
    static final HttpParameter MAX_WAIT =
            of("maxWait", Type.DURATION, "Maximum wait for these records to be applied (default: `PT5S`)");
    static final HttpParameter PARTIAL =
            of("partial", Type.BOOLEAN, "Answer without the partitions that cannot be read");
    static final HttpParameter LIMIT = new HttpParameter(
            "limit", Type.INTEGER, "Maximum number of items", new Bounds(1, QueryParameters.MAX_LIMIT, 100));
    static final HttpParameter CURSOR = of("cursor", Type.TEXT, "`nextCursor` of the previous page");
    static final HttpParameter FROM_KEY = of("from", Type.TEXT, "Start of the key range, inclusive");
    static final HttpParameter TO_KEY = of("to", Type.TEXT, "End of the key range, exclusive");
    static final HttpParameter PREFIX = of("prefix", Type.TEXT, "Keys that begin with this text");
    static final HttpParameter FROM = of("from", Type.INSTANT, "Windows that start at this time or later");
    static final HttpParameter TO = of("to", Type.INSTANT, "Windows that start before this time");
    static final HttpParameter AS_OF = of("asOf", Type.INSTANT, "The value as of this time");
    static final HttpParameter AT = of("at", Type.INSTANT, "A time in the window (default: now)");
    static final HttpParameter TOP =
            new HttpParameter("limit", Type.INTEGER, "Number of entries", new Bounds(1, QueryParameters.MAX_LIMIT, 10));
    static final HttpParameter GET = of("get", Type.TEXT, "Kind of query");
    static final HttpParameter KEY = of("key", Type.TEXT, "Results of this key only");
    static final HttpParameter SNAPSHOT = of("snapshot", Type.BOOLEAN, "Sends all current results first");
    static final HttpParameter NEWER = positive("version", "The newer version (default: the one that was replayed)");
    static final HttpParameter AGAINST = positive("against", "The older version (default: the active one)");
    static final HttpParameter CUT = of("at", Type.INSTANT, "Event time as of which the versions are compared");
    static final HttpParameter SAMPLES = new HttpParameter(
            "samples", Type.INTEGER, "Maximum number of differing keys to show", new Bounds(0, 1000, 5));

    static final HttpParameter SAMPLES_KEY = of("key", Type.TEXT, "Shows only differing keys that contain this text");
    static final HttpParameter VIEW = of("view", Type.TEXT, "All running versions of this view");
    static final HttpParameter NEWEST = new HttpParameter(
            "limit",
            Type.INTEGER,
            "Number of offsets of each partition that are read, newest first",
            new Bounds(1, QueryParameters.MAX_LIMIT, 200));

    /** Parameters of every query of a store. */
    static final List<HttpParameter> OF_STORES = List.of(VERSION, MAX_STALENESS, MIN_POSITION, MAX_WAIT);

    /** Parameters of a stream of changes. */
    static final List<HttpParameter> OF_CHANGES = List.of(KEY, FROM, TO, SNAPSHOT, VERSION);

    /** Parameters of a comparison. */
    static final List<HttpParameter> OF_DIFF = List.of(NEWER, AGAINST, CUT, SAMPLES, SAMPLES_KEY);

    /** Parameters of a history of rates. */
    static final List<HttpParameter> OF_ACTIVITY = List.of(VIEW);

    /** Parameters of a list of dead letters. */
    static final List<HttpParameter> OF_DEAD_LETTERS = List.of(NEWEST);

    private static HttpParameter of(String name, Type type, String description) {
        return new HttpParameter(name, type, description, Bounds.NONE);
    }

    private static HttpParameter positive(String name, String description) {
        return new HttpParameter(name, Type.INTEGER, description, Bounds.POSITIVE);
    }

    /** The JSON Schema of its value. */
    ObjectNode schema() {
        ObjectNode schema = JsonNodeFactory.instance.objectNode();
        return switch (type) {
            case TEXT, DURATION, POSITIONS -> schema.put("type", "string");
            case BOOLEAN -> schema.put("type", "boolean");
            case INSTANT -> schema.put("type", "string").put("format", "date-time");
            case INTEGER -> {
                schema.put("type", "integer");
                if (bounds.atMost() < Integer.MAX_VALUE) {
                    schema.put("minimum", bounds.atLeast())
                            .put("maximum", bounds.atMost())
                            .put("default", bounds.defaultValue());
                }
                yield schema;
            }
        };
    }
}
