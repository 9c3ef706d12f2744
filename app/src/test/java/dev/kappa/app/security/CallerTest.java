package dev.kappa.app.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        List<String> roles = List.of(
                "offline_access",
                "reader-of-mail",
                "admin",
                "kappa:reader:a",
                "kappa:",
                "kappa:owner",
                "kappa: admin:a b");
        assertThat(Caller.ofClaims("ann", roles, "kappa:").grants()).containsExactly(Caller.Grant.parse("reader:a"));
        assertThat(Caller.ofClaims("ann", List.of("admin", "offline_access"), "")
                        .grants())
                .containsExactly(Caller.Grant.parse("admin"));
        assertThatThrownBy(() -> Caller.Grant.parse("owner"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"owner\" is not a role");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "owner", "reader:", "reader: ", "reader:a:b", "reader:a b", ":a"})
    void grantsOfAnotherFormAreRefused(String text) {
        assertThatThrownBy(() -> Caller.Grant.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void claimsMakeNoInstance() {
        assertThat(Caller.ofClaims("fleet", List.of("reader"), "")).isEqualTo(Caller.FLEET);
        assertThat(Caller.ofClaims("fleet", List.of("reader"), "").isInstance()).isFalse();
        assertThat(Caller.FLEET.isInstance()).isTrue();
    }
}
