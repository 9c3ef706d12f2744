package dev.kappa.topologies.kit;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Hostile input for property tests, which make it as small as still shows a fault. */
public final class HostileHistories {

    private HostileHistories() {}

    /**
     * Histories for a view.
     *
     * @param partitions of each topic
     * @param most longest history, in records
     */
    public static Arbitrary<History> of(ViewSpec spec, int partitions, int most) {
        Arbitrary<Drafts.Kind> kinds = Arbitraries.frequency(Drafts.FREQUENCIES.entrySet().stream()
                .map(share -> Tuple.of(share.getValue(), share.getKey()))
                .toList());
        // Low keys come much more often, and so do the partitions they are in.
        Arbitrary<Integer> keys = Combinators.combine(
                        Arbitraries.integers().between(0, 9),
                        Arbitraries.integers().between(0, 9))
                .as((a, b) -> a * b / 10);
        return Combinators.combine(
                        kinds,
                        keys,
                        Arbitraries.integers().between(0, 999),
                        Arbitraries.integers().between(0, 100))
                .as(Drafts.Draft::new)
                .list()
                .ofMinSize(1)
                .ofMaxSize(most)
                .map(drafts -> Drafts.history(spec, partitions, drafts));
    }
}
