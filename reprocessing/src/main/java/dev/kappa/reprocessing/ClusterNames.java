package dev.kappa.reprocessing;

import java.util.regex.Pattern;

/**
 * The names of everything Kappa owns on a Kafka cluster.
 *
 * @param prefix stands before every name, so that several installations can share a cluster; may be empty
 */
public record ClusterNames(String prefix) {

    /** What Kafka allows in a topic's name. */
    private static final Pattern ALLOWED = Pattern.compile("[a-zA-Z0-9._-]{0,100}");

    public ClusterNames {
        if (!ALLOWED.matcher(prefix).matches()) {
            throw new IllegalArgumentException("The prefix of names on the cluster takes up to 100 letters, digits,"
                    + " dots, underscores and hyphens; got \"" + prefix + "\"");
        }
    }

    /** The Kafka Streams application id, and so the consumer group and the start of internal topics' names. */
    public String applicationId(VersionId version) {
        return prefix + "kappa." + version;
    }

    /** Where a version writes its results. */
    public String outputTopic(VersionId version) {
        return prefix + version;
    }

    /** Where a view's records go that cannot be processed. */
    public String deadLetterTopic(String view) {
        return prefix + view + ".dlq";
    }

    /** The changelog of one of a version's stores, as Kafka Streams names it. */
    public String changelogTopic(VersionId version, String store) {
        return applicationId(version) + "-" + store + "-changelog";
    }
}
