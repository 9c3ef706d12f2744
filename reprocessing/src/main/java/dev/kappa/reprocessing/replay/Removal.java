package dev.kappa.reprocessing.replay;

import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.ArrayList;
import java.util.List;

/**
 * The resources that are deleted with a version, by exact names: those the catalog recorded at the version's birth.
 *
 * @param version the version
 * @param group its consumer group
 * @param topics its internal topics, and its output topic when that goes too
 * @param subjects the schema registry's subjects of those topics
 * @param output whether its output topic goes too
 */
public record Removal(VersionId version, String group, List<String> topics, List<String> subjects, boolean output) {

    public Removal {
        topics = List.copyOf(topics);
        subjects = List.copyOf(subjects);
    }

    static Removal of(ViewVersion version, ClusterNames names, boolean output) {
        var topics = new ArrayList<String>();
        version.blueprint().internalTopics().forEach(topic -> topics.add(names.internalTopic(version.id(), topic)));
        if (output) {
            topics.add(names.outputTopic(version.id()));
        }
        var subjects = new ArrayList<String>();
        topics.forEach(topic -> subjects.addAll(List.of(topic + "-key", topic + "-value")));
        return new Removal(version.id(), names.applicationId(version.id()), topics, subjects, output);
    }
}
