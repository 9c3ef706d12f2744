package dev.kappa.reprocessing.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AuditChainTest {

    private final AuditChain chain = new AuditChain();

    private boolean next(long epoch, Optional<String> previous) {
        var change = new CatalogChange(
                "id",
                epoch,
                "trends",
                Instant.EPOCH,
                new CatalogChange.Operator("op", "host"),
                "x",
                List.of(),
                previous);
        return chain.next(epoch, 7, ("entry " + epoch).getBytes(StandardCharsets.UTF_8), Optional.of(change));
    }

    /** As a writer does. */
    private boolean next(long epoch) {
        return next(epoch, chain.last());
    }

    @Test
    void entriesOfWritersAreAChain() {
        for (long epoch = 1; epoch <= 5; epoch++) {
            assertThat(next(epoch)).isTrue();
        }
        assertThat(chain.breaks()).isEmpty();
        assertThat(chain.epoch()).isEqualTo(5);
    }

    @Test
    void entriesOfReleasesWithoutAChainComeFirst() {
        next(1, Optional.empty());
        next(2, Optional.empty());
        next(3);
        assertThat(chain.breaks()).isEmpty();
        next(4, Optional.empty());
        assertThat(chain.breaks()).singleElement().asString().contains("epoch 4", "not chained");
    }

    @Test
    void entryThatIsPutIntoThePastIsABreak() {
        next(1);
        next(2);
        assertThat(next(1, Optional.empty())).isFalse();
        assertThat(chain.breaks()).singleElement().asString().contains("epoch 1", "comes after that of epoch 2");
        assertThat(chain.epoch()).isEqualTo(2);
    }

    @Test
    void missingEntryIsABreak() {
        next(1);
        next(2);
        String last = chain.last().orElseThrow();
        next(4, Optional.of(last));
        assertThat(chain.breaks()).singleElement().asString().contains("between epochs 2 and 4");
        assertThat(chain.epoch()).isEqualTo(4);
    }

    @Test
    void changedEntryIsABreak() {
        next(1);
        next(2, Optional.of("0".repeat(64)));
        assertThat(chain.breaks()).singleElement().asString().contains("epoch 2", "does not follow");
    }

    @Test
    void deletedEntryIsABreak() {
        next(1);
        chain.next(2, 8, null, Optional.empty());
        assertThat(chain.breaks()).singleElement().asString().contains("epoch 2", "cannot be read");
    }

    /** Epochs grow by one, so that no entry can use them up. */
    @Test
    void epochFarAheadDoesNotCount() {
        next(1);
        assertThat(next(999_999_999_999_999_999L)).isFalse();
        assertThat(chain.epoch()).isEqualTo(1);
        assertThat(next(2)).isTrue();
        assertThat(chain.breaks()).singleElement().asString().contains("999999999999999999", "left alone");
    }
}
