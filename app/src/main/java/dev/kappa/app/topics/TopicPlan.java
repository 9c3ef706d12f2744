package dev.kappa.app.topics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The changes that the cluster's topics need before versions can run, as a value: computed from what is needed and what
 * is there, printed or carried out elsewhere.
 *
 * @param create topics to create
 * @param alter settings to change, by topic
 * @param refusals why the app must not start, for people; nothing is carried out when there are any
 */
public record TopicPlan(List<Needed> create, Map<String, Map<String, String>> alter, List<String> refusals) {

    /**
     * A topic a version needs.
     *
     * @param name its name
     * @param partitions how many partitions it gets when it is created
     * @param settings the settings results depend on
     * @param owner whether Kappa owns it, and may create and alter it
     */
    record Needed(String name, int partitions, Map<String, String> settings, Owner owner) {}

    /** The owner of a topic. */
    enum Owner {
        /** Kappa's own: created and corrected. */
        KAPPA,
        /** Somebody else's, but created when it does not exist, which is how a new cluster starts. */
        PRODUCER_CREATE,
        /** Somebody else's: it has to be there. */
        PRODUCER
    }

    /** A topic as it is. */
    record Existing(int partitions, Map<String, String> settings) {}

    /** Topics that are joined by key and so need the same number of partitions; the view is for the message. */
    record CoPartitioned(String view, List<String> topics) {}

    public TopicPlan {
        create = List.copyOf(create);
        alter = Map.copyOf(alter);
        refusals = List.copyOf(refusals);
    }

    static TopicPlan of(List<Needed> needed, Map<String, Existing> existing, List<CoPartitioned> coPartitioned) {
        var create = new ArrayList<Needed>();
        var alter = new TreeMap<String, Map<String, String>>();
        var refusals = new ArrayList<String>();
        var partitions = new TreeMap<String, Integer>();
        existing.forEach((topic, description) -> partitions.put(topic, description.partitions()));

        for (Needed topic : needed) {
            Existing found = existing.get(topic.name());
            if (found == null) {
                if (topic.owner() == Owner.PRODUCER) {
                    refusals.add("Input topic " + topic.name() + " does not exist. Create it, or set"
                            + " kappa.topics.create-inputs=true.");
                } else {
                    int count = sameAsPartner(topic, partitions, coPartitioned);
                    create.add(new Needed(topic.name(), count, topic.settings(), topic.owner()));
                    partitions.put(topic.name(), count);
                }
            } else if (topic.owner() == Owner.KAPPA) {
                var different = new TreeMap<String, String>();
                topic.settings().forEach((key, value) -> {
                    if (!Objects.equals(found.settings().get(key), value)) {
                        different.put(key, value);
                    }
                });
                if (!different.isEmpty()) {
                    alter.put(topic.name(), different);
                }
            }
        }
        for (CoPartitioned group : coPartitioned) {
            var counts = new TreeMap<String, Integer>();
            group.topics().forEach(topic -> counts.put(topic, partitions.getOrDefault(topic, 0)));
            if (counts.containsValue(0) || counts.values().stream().distinct().count() <= 1) {
                continue;
            }
            refusals.add("View " + group.view() + " joins topics by key, so they need the same number of partitions,"
                    + " but they have " + counts + ". Recreate the one that differs, or key one of them by its field"
                    + " (kappa.views." + group.view() + ".<topic>-key=field).");
        }
        return new TopicPlan(create, alter, refusals);
    }

    /** A topic that will be joined with one that exists has to be made like it. */
    private static int sameAsPartner(Needed topic, Map<String, Integer> partitions, List<CoPartitioned> coPartitioned) {
        return coPartitioned.stream()
                .filter(group -> group.topics().contains(topic.name()))
                .flatMap(group -> group.topics().stream())
                .map(partitions::get)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(topic.partitions());
    }
}
