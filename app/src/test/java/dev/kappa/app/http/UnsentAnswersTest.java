package dev.kappa.app.http;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class UnsentAnswersTest {

    private final UnsentAnswers unsent = new UnsentAnswers(100);

    @Test
    void oneAddressMayHaveHalf() {
        unsent.begun("a", 50);
        unsent.check("a");
        unsent.begun("a", 1);
        assertThatThrownBy(() -> unsent.check("a"))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("answers to a wait");
        unsent.check("b");
        unsent.ended("a", 51);
        unsent.check("a");
    }

    @Test
    void allTogetherAreBounded() {
        unsent.begun("a", 50);
        unsent.begun("b", 50);
        unsent.check("c");
        unsent.begun("c", 1);
        assertThatThrownBy(() -> unsent.check("d"))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("use another instance");
        unsent.ended("b", 50);
        unsent.check("d");
    }
}
