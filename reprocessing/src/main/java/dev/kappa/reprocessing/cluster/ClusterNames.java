package dev.kappa.reprocessing.cluster;

import java.util.regex.Pattern;

/**
 * The names of everything Kappa owns on a Kafka cluster.
 *
 * @param prefix stands before every name, so that several installations can share a cluster; may be empty
 */
public record ClusterNames(String prefix) {

    /** The characters that Kafka allows in the name of a topic. */
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
        return internalTopic(version, changelog(store));
    }

    /** An internal topic of a version. */
    public String internalTopic(VersionId version, String name) {
        return applicationId(version) + "-" + name;
    }

    /** The name Kafka Streams gives a store's changelog, without the application id. */
    public static String changelog(String store) {
        return store + "-changelog";
    }

    /** The catalog; its writers' transactional id too. */
    public String catalogTopic() {
        return prefix + "kappa.catalog";
    }

    /** Where instances say how they are. */
    public String instancesTopic() {
        return prefix + "kappa.instances";
    }

    /** The stable topic with the active version's results, for plain consumers. */
    public String publishedTopic(String view) {
        return prefix + view;
    }

    /** The consumer group that writes the published topic, and its producer's transactional id. */
    public String publisher(String view) {
        return prefix + "kappa." + view + ".publisher";
    }
}
