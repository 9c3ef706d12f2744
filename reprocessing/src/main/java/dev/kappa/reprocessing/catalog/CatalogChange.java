package dev.kappa.reprocessing.catalog;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One change of the catalog: who did what, when, and what became of it.
 *
 * @param id random; tells a writer whether its own change went through
 * @param epoch the catalog's after the change
 * @param view the view that was changed
 * @param at when, by the clock of who changed it
 * @param by who changed it
 * @param command what was asked for
 * @param steps what became of each version that was changed
 * @param previous SHA-256 of the entry before, by which the entries are a chain; empty in the first one
 */
public record CatalogChange(
        String id,
        long epoch,
        String view,
        Instant at,
        Operator by,
        String command,
        List<Step> steps,
        Optional<String> previous) {

    /** {@link #command} of a change by which an instance records what it found to be wrong with inputs. */
    public static final String FOUND_PROBLEMS = "found problems of inputs";

    public CatalogChange {
        steps = List.copyOf(steps);
    }

    /**
     * The person who acts, and the machine.
     *
     * @param name the authenticated name, where there is one; what the person says otherwise
     * @param host from which machine
     * @param claimed what an authenticated person says beside
     */
    public record Operator(String name, String host, Optional<String> claimed) {

        public Operator(String name, String host) {
            this(name, host, Optional.empty());
        }

        @Override
        public String toString() {
            return name + claimed.map(text -> " (" + text + ")").orElse("") + "@" + host;
        }
    }

    /** The phase of a version before the change, if it was there, and after it. */
    public record Step(int version, Optional<Phase> before, Phase after, Optional<String> note) {
        @Override
        public String toString() {
            String phases = before.filter(phase -> phase != after)
                    .map(phase -> phase + " -> " + after)
                    .orElseGet(() -> before.isEmpty() ? "new, " + after : after.toString());
            return "v" + version + ": " + phases
                    + note.map(text -> " (" + text + ")").orElse("");
        }
    }

    /**
     * Whether a decision that was made before the change has to be made anew. What an instance found out about inputs changes
     * nothing that an operator decides on.
     */
    public boolean overtakesDecisions() {
        return !command.equals(FOUND_PROBLEMS);
    }

    /** The steps in one line, for people. */
    public String summary() {
        return steps.stream().map(Step::toString).collect(Collectors.joining("; "));
    }
}
