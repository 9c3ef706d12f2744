package dev.kappa.app.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class CallerTest {

    private static Caller caller(String... grants) {
        return new Caller(
                "ann", List.of(grants).stream().map(Caller.Grant::parse).toList());
    }

    @Test
    void roleIncludesTheLesserOnesAndNoGreaterOne() {
        Caller operator = caller("operator");
        assertThat(operator.may(Role.READER, "a")).isTrue();
        assertThat(operator.may(Role.OPERATOR, "a")).isTrue();
        assertThat(operator.may(Role.ADMIN, "a")).isFalse();
        assertThat(operator.may(Role.ADMIN)).isFalse();
    }

    @Test
    void roleForOneViewIsNoneForAnother() {
        Caller caller = caller("reader", "ADMIN: a ");
        assertThat(caller.may(Role.ADMIN, "a")).isTrue();
        assertThat(caller.may(Role.READER, "b")).isTrue();
        assertThat(caller.may(Role.OPERATOR, "b")).isFalse();
        assertThat(caller.may(Role.OPERATOR)).as("of at least one view").isTrue();
        assertThat(caller.mayWithAllViews(Role.READER)).isTrue();
        assertThat(caller.mayWithAllViews(Role.OPERATOR)).isFalse();
        assertThat(caller("operator:a", "reader:b").mayWithAllViews(Role.READER))
                .isFalse();
    }

    @Test
    void rolesOfAnotherSystemGiveNothing() {
        assertThat(Caller.ofClaims("ann", List.of("offline_access", "reader-of-mail", "reader:a"))
                        .grants())
                .containsExactly(Caller.Grant.parse("reader:a"));
        assertThatThrownBy(() -> Caller.Grant.parse("owner"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"owner\" is not a role");
    }

    @Test
    void claimsMakeNoInstance() {
        assertThat(Caller.ofClaims("fleet", List.of("admin"))).isEqualTo(Caller.FLEET);
        assertThat(Caller.ofClaims("fleet", List.of("admin")).isInstance()).isFalse();
        assertThat(Caller.FLEET.isInstance()).isTrue();
    }
}
