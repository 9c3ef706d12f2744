package dev.kappa.app.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class ConcurrencyLimitTest {

    private final ConcurrencyLimit limit = new ConcurrencyLimit(3, "All three are taken");

    private void assertRefused(String caller, boolean isOfCaller) {
        assertThatThrownBy(() -> limit.acquire(Optional.of(caller)))
                .isInstanceOfSatisfying(
                        ConcurrencyLimit.ReachedException.class,
                        refused -> assertThat(refused.isOfCaller()).isEqualTo(isOfCaller));
    }

    @Test
    void callerHasHalfOfThem() {
        ConcurrencyLimit.Permit first = limit.acquire(Optional.of("ann"));
        limit.acquire(Optional.of("ann"));
        assertRefused("ann", true);
        ConcurrencyLimit.Permit ofBob = limit.acquire(Optional.of("bob"));
        assertRefused("bob", false);
        ofBob.close();
        assertRefused("ann", true);
        first.close();
        first.close();
        limit.acquire(Optional.of("ann"));
        assertRefused("ann", true);
    }

    @Test
    void whoHasNoShareMayTakeAll() {
        for (int i = 0; i < 3; i++) {
            limit.acquire(Optional.empty());
        }
        assertThatThrownBy(() -> limit.acquire(Optional.empty()))
                .isInstanceOf(ConcurrencyLimit.ReachedException.class)
                .hasMessage("All three are taken");
    }
}
