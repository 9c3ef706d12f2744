package dev.kappa.reprocessing.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.model.LifeCycle.Start;
import dev.kappa.reprocessing.model.LifeCycle.State;
import dev.kappa.reprocessing.model.LifeCycle.Step;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** No record is applied twice and none is skipped unreported, nothing active is deleted, and one version is active: in every history. */
class LifeCycleTest {

    /** Steps of the histories that are explored without exception. */
    private static final int DEPTH = Integer.getInteger("model.depth", 10);

    private static final int HISTORIES = Integer.getInteger("model.histories", 300);
    private static final int STEPS_OF_HISTORY = 80;

    /** What is wrong, and the steps that lead to it. */
    private record Fault(String text, List<String> steps) {}

    private record Reached(State state, List<String> steps) {}

    @Test
    void everyHistoryUpToADepthIsRight() {
        var states = new HashSet<String>();
        Optional<Fault> fault = explore(new LifeCycle(Start.CHECKED, 2, 2, 2), DEPTH, states);
        System.out.println("Explored " + states.size() + " states, to a depth of " + DEPTH);
        assertThat(fault).isEmpty();
        assertThat(states).hasSizeGreaterThan(10_000);
    }

    /** So that it is known that the model can find it. */
    @Test
    void modelFindsWhatStartingOnEarliestCountsTwice() {
        Optional<Fault> fault = explore(new LifeCycle(Start.EARLIEST, 2, 2, 2), DEPTH, new HashSet<>());
        assertThat(fault).isPresent();
        assertThat(fault.get().text()).contains("applied a record twice");
        assertThat(fault.get().steps())
                .containsExactly(
                        "record into 0",
                        "instance starts 1",
                        "1 reads 0",
                        "instance stops 1",
                        "offsets of 1 expire",
                        "instance starts 1",
                        "1 reads 0");
    }

    @Test
    void randomHistoriesAreRight() {
        long seed = Long.getLong("model.seed", System.nanoTime());
        System.out.println("Random histories: " + HISTORIES + ", model.seed=" + seed);
        List<Step> steps = new LifeCycle(Start.CHECKED, 20, 4, 5).steps();
        for (int history = 0; history < HISTORIES; history++) {
            var random = new Random(seed + history);
            State state = LifeCycle.first();
            var taken = new ArrayList<String>();
            while (taken.size() < STEPS_OF_HISTORY) {
                Step step = steps.get(random.nextInt(steps.size()));
                Optional<State> next = step.effect().apply(state);
                if (next.isPresent()) {
                    state = next.get();
                    taken.add(step.name());
                    assertThat(LifeCycle.fault(state))
                            .as("model.seed=%d: %s", seed + history, taken)
                            .isEmpty();
                }
            }
        }
    }

    private static Optional<Fault> explore(LifeCycle model, int depth, Set<String> known) {
        List<Step> steps = model.steps();
        State first = LifeCycle.first();
        known.add(first.key());
        List<Reached> reached = List.of(new Reached(first, List.of()));
        for (int level = 0; level < depth; level++) {
            var next = new ArrayList<Reached>();
            for (Reached from : reached) {
                for (Step step : steps) {
                    Optional<State> to = step.effect().apply(from.state());
                    if (to.isPresent() && known.add(to.get().key())) {
                        var path = new ArrayList<>(from.steps());
                        path.add(step.name());
                        Optional<String> fault = LifeCycle.fault(to.get());
                        if (fault.isPresent()) {
                            return Optional.of(new Fault(fault.get(), path));
                        }
                        next.add(new Reached(to.get(), path));
                    }
                }
            }
            reached = next;
        }
        return Optional.empty();
    }
}
