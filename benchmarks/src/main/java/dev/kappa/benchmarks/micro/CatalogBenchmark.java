package dev.kappa.benchmarks.micro;

import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.Views;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Costs of reading the catalog in a request, and of planning a version from its definition. */
@State(Scope.Benchmark)
public class CatalogBenchmark {

    private static final int VERSIONS = 20;

    private final ViewDefinition definition = Views.discover().getFirst();
    private final Catalog catalog;

    /** Every view has as many versions as an operator would keep, and more. */
    public CatalogBenchmark() {
        List<ViewVersion> versions = Views.discover().stream()
                .flatMap(view -> IntStream.rangeClosed(1, VERSIONS)
                        .mapToObj(number -> ViewVersion.planned(
                                new VersionId(view.name(), number),
                                Blueprint.of(view, Map.of()),
                                Optional.empty(),
                                4,
                                Optional.empty(),
                                Instant.EPOCH)))
                .toList();
        catalog = new Catalog(1, versions, List.of(), Map.of());
    }

    /** The active version of a view. */
    @Benchmark
    public Optional<ViewVersion> active() {
        return catalog.active(definition.name());
    }

    /** Builds the blueprint of a version, its topology included. */
    @Benchmark
    public String fingerprint() {
        return Blueprint.of(definition, Map.of()).fingerprint();
    }
}
