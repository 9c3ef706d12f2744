package dev.kappa.app.version;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.catalog.ViewVersion.FoundProblem;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.input.InputProblem;
import org.junit.jupiter.api.Test;

class InputProblemsTest {

    private final InputProblems problems = new InputProblems(new VersionId("trends", 1));

    @Test
    void eachProblemOfAnInputIsFoundOnceAndCountedAlways() {
        for (int i = 0; i < 5; i++) {
            problems.found("posts", InputProblem.NO_KEY, "example " + i, _ -> 10);
        }
        problems.found("authors", InputProblem.NO_KEY, "another", _ -> 10);
        assertThat(problems.all())
                .containsExactlyInAnyOrder(
                        new FoundProblem("posts", InputProblem.NO_KEY, "example 0"),
                        new FoundProblem("authors", InputProblem.NO_KEY, "another"));
        assertThat(problems.count("posts", InputProblem.NO_KEY)).isEqualTo(5);
        assertThat(problems.count("posts", InputProblem.OTHER_KEY)).isZero();
    }

    /** A few wrong dates are dead letters; half of the input is a problem of its producer. */
    @Test
    void eventsAheadOfTheLogAreAProblemOnlyWhenThereAreMany() {
        for (int i = 0; i < 99; i++) {
            problems.found("posts", InputProblem.AHEAD_OF_LOG, "x", _ -> 99);
        }
        assertThat(problems.all()).isEmpty();
        problems.found("posts", InputProblem.AHEAD_OF_LOG, "x", _ -> 1_000);
        assertThat(problems.all()).isEmpty();
        problems.found("posts", InputProblem.AHEAD_OF_LOG, "x", _ -> 200);
        assertThat(problems.all()).hasSize(1);
    }
}
