package dev.kappa.topologies.input;

import dev.kappa.topologies.InputSettings;

/** Problems of an input as a whole, rather than of one record. */
public enum InputProblem {
    /**
     * Keys are on other partitions than Java's default partitioner chooses. Records are processed; reads of one key have to
     * ask every partition, joins by key may miss, and a key on two partitions has two partial results.
     */
    MISPLACED_KEY("keys are on other partitions than Java's default partitioner chooses"),
    /** Keys differ from the text of the schema's key field; such records go to the dead letters. */
    OTHER_KEY("record keys differ from the key field; such records go to the dead letters"),
    /** Keys are no UTF-8 text; such records go to the dead letters. */
    KEY_NOT_TEXT("record keys are not text; such records go to the dead letters"),
    /** Records have no key; they go to the dead letters. */
    NO_KEY("records have no key; such records go to the dead letters"),
    /** Much of the input is dated too far ahead of the time of the log, and goes to the dead letters. */
    AHEAD_OF_LOG("many events are dated too far ahead of their record timestamps; such records go to the dead letters"),
    /** The topic has more partitions than at the version's birth. The version does not read them. */
    PARTITIONS_ADDED("partitions were added after the version was born; it does not read their records"),
    /** Results were lost: partitions were read further apart in event time than the version keeps its windows. */
    READ_TOO_FAR_APART(
            "results were lost because input partitions were read further apart in event time than the version keeps its windows");

    private final String text;

    InputProblem(String text) {
        this.text = text;
    }

    /** The problem in words. */
    public String text() {
        return text;
    }

    /** Whether it is one of keys, which keying the input by its field solves. */
    public boolean isOfKeys() {
        return this != AHEAD_OF_LOG && this != PARTITIONS_ADDED && this != READ_TOO_FAR_APART;
    }

    /** The command that starts a version of the view without the problem. */
    public String remedy(String view, String topic) {
        if (this == PARTITIONS_ADDED || this == READ_TOO_FAR_APART) {
            return "kappa replay start " + view;
        }
        String setting = isOfKeys()
                ? InputSettings.parameterName(topic, "key") + "=field"
                : InputSettings.parameterName(topic, "max-ahead") + "=P36500D";
        return "kappa replay start " + view + " --set " + setting;
    }
}
