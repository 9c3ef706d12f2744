package dev.kappa.topologies;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * How a version takes the records of one input that others write. A definition declares it; a version may be given other
 * values, as parameters that are named after the topic. Values that differ from the definition's are part of the version's
 * fingerprint.
 *
 * @param keying where the key of a record comes from
 * @param maxAhead how far an event may be dated ahead of the time at which it was written
 * @param otherTypes what becomes of records of another type
 */
public record InputSettings(Keying keying, Duration maxAhead, OtherTypes otherTypes) {

    /** The record key, an hour, dead letters. */
    public static final InputSettings DEFAULT =
            new InputSettings(Keying.RECORD, Duration.ofHours(1), OtherTypes.DEAD_LETTER);

    /** Where the key of a record comes from. */
    public enum Keying {
        /**
         * It is the record's key: the text of the schema's key field, on the partition that Java's default partitioner chooses.
         * Each record is checked.
         */
        RECORD,
        /** It is the schema's key field. Records go through a repartition topic before anything depends on their key. */
        FIELD,
        /** The view does not use it. It may be any, and is not compared with anything. */
        UNUSED
    }

    /** Treatment of records of other types in a topic that several types share. */
    public enum OtherTypes {
        /** They go to the dead letters. */
        DEAD_LETTER,
        /** They are skipped and counted. */
        SKIP
    }

    /** The parameters of an input, whose defaults are these settings. */
    List<Parameter<?>> parameters(String topic) {
        return List.of(keyParameter(topic), maxAheadParameter(topic), otherTypesParameter(topic));
    }

    private Parameter<Keying> keyParameter(String topic) {
        // A view that depends on keys cannot do without them.
        List<Keying> choices =
                keying == Keying.UNUSED ? List.of(Keying.values()) : List.of(Keying.RECORD, Keying.FIELD);
        return Parameter.choice(
                parameterName(topic, "key"),
                keying,
                choices,
                "Where the key of an event of " + topic + " comes from: its record, or its key field");
    }

    private Parameter<Duration> maxAheadParameter(String topic) {
        return Parameter.duration(
                parameterName(topic, "max-ahead"),
                maxAhead,
                Duration.ZERO,
                "How far an event of " + topic + " may be dated ahead of the time at which it was written");
    }

    private Parameter<OtherTypes> otherTypesParameter(String topic) {
        return Parameter.choice(
                parameterName(topic, "other-types"),
                otherTypes,
                List.of(OtherTypes.values()),
                "What becomes of records of " + topic + " that are of another type");
    }

    /** Name of an input's parameter: a topic may have characters that a parameter may not. */
    public static String parameterName(String topic, String setting) {
        String words = topic.toLowerCase(Locale.ROOT)
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^[-0-9]+", "")
                .replaceAll("-$", "");
        return (words.isEmpty() ? "input" : words) + "-" + setting;
    }
}
