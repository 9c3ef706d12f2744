package dev.kappa.topologies;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ViewsTest {

    @Test
    void namesThatCannotStandInTopicsAndAddressesAreRejected() {
        for (String name : new String[] {"", "A", "a_b", "a b", "-a", "a-", "a--b", "a.b"}) {
            assertThatThrownBy(() -> Views.requireName("view", name)).hasMessageContaining("\"" + name + "\"");
        }
        Views.requireName("view", "top10-words-2");
    }
}
