package dev.kappa.reprocessing.deadletters;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.topologies.ViewTopology;
import java.util.List;
import java.util.Optional;

/** Decides which dead letters can be resent: those of versions that run, and not those of tables. */
public final class ResendChoice {

    private final Catalog catalog;
    private final ClusterNames names;
    private final String view;

    /** For the letters of a view. */
    public ResendChoice(Catalog catalog, ClusterNames names, String view) {
        this.catalog = catalog;
        this.names = names;
        this.view = view;
    }

    /**
     * Sends letters through the view again, each once.
     *
     * @param ids the letters; all that can be resent when there is none
     * @return {@code sent}, the ids of the letters that were sent; {@code sentBefore}, the number of those that had been before; and
     *     {@code lost}, each letter whose record no longer exists, with the reason
     * @throws RefusedException when one of the letters does not exist or cannot be resent
     */
    public ObjectNode resend(DeadLetterBox box, List<DeadLetter.Id> ids) {
        List<DeadLetter> known = box.letters();
        List<DeadLetter> chosen = ids.isEmpty() ? all(known) : of(known, ids);
        DeadLetterBox.Resent resent = box.replay(chosen);
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        ArrayNode sent = json.putArray("sent");
        resent.sent().forEach(letter -> sent.add(letter.id().toString()));
        json.put(
                "sentBefore",
                chosen.size() - resent.sent().size() - resent.lost().size());
        ArrayNode lost = json.putArray("lost");
        resent.lost()
                .forEach((letter, reason) ->
                        lost.addObject().put("letter", letter.toString()).put("reason", reason));
        return json;
    }

    /** All that can be resent. */
    public List<DeadLetter> all(List<DeadLetter> known) {
        return known.stream().filter(letter -> refusal(letter).isEmpty()).toList();
    }

    /**
     * Those with these ids.
     *
     * @throws RefusedException when one does not exist or cannot be resent
     */
    public List<DeadLetter> of(List<DeadLetter> known, List<DeadLetter.Id> ids) {
        List<DeadLetter> chosen =
                known.stream().filter(letter -> ids.contains(letter.id())).toList();
        for (DeadLetter letter : chosen) {
            refusal(letter).ifPresent(reason -> {
                throw new RefusedException("Letter " + letter.id() + ": " + reason + " Nothing was sent.");
            });
        }
        for (DeadLetter.Id id : ids) {
            if (chosen.stream().noneMatch(letter -> letter.id().equals(id))) {
                throw new RefusedException("View " + view + " has no dead letter " + id + "; kappa dlq list " + view
                        + " shows them. Nothing was sent.");
            }
        }
        return chosen;
    }

    /** Why letters of the same version and topic as this one cannot be resent, in whole sentences; empty when they can. */
    public Optional<String> refusal(DeadLetter letter) {
        if (isOfTable(letter)) {
            return Optional.of("Topic " + letter.origin().topic()
                    + " is read as a table. A record that is resent would replace newer values of its key. Write the value that"
                    + " the table should have instead.");
        }
        if (!isRun(letter)) {
            return Optional.of(letter.version()
                    + " no longer runs. A running version reads the record itself or has its own letter.");
        }
        return Optional.empty();
    }

    private boolean isRun(DeadLetter letter) {
        return catalog.versions(letter.version().view()).stream()
                .anyMatch(version ->
                        version.id().equals(letter.version()) && version.phase().isRun());
    }

    /**
     * Whether a letter's record belongs to a table. Written again, it would come after newer values of its key, and compaction would
     * remove the original.
     */
    private boolean isOfTable(DeadLetter letter) {
        String topic = letter.origin().topic();
        return catalog.version(letter.version()).stream()
                .flatMap(version -> version.blueprint().inputs().stream())
                .filter(Blueprint.InputTopic::table)
                .map(Blueprint.InputTopic::topic)
                .anyMatch(table -> topic.equals(table)
                        || topic.equals(names.internalTopic(letter.version(), ViewTopology.rekeyedTopic(table))));
    }
}
