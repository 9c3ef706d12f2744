package dev.kappa.reprocessing.publish;

import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.ViewDefinition;
import java.util.Collection;

/** Checks the topics to which the results of active versions are published. */
public final class PublishedTopics {

    private PublishedTopics() {}

    /**
     * Requires that no published topic is an input: a published topic is named like its view, and instances write to it.
     *
     * @param published names of the views whose results are published
     * @param definitions all views of this build
     * @throws IllegalArgumentException naming the setting, the topic and the view that reads it
     */
    public static void requireNoInputs(
            ClusterNames names, Collection<String> published, Collection<ViewDefinition> definitions) {
        for (String view : published) {
            for (ViewDefinition reader : definitions) {
                for (Input<?> input : reader.inputs()) {
                    if (names.publishedTopic(view).equals(input.topic())) {
                        throw new IllegalArgumentException("Setting kappa.views." + view
                                + ".publish: the results would be written to topic " + input.topic()
                                + ", which is an input of view " + reader.name()
                                + ". Name the view differently, or do not publish it.");
                    }
                }
            }
        }
    }
}
