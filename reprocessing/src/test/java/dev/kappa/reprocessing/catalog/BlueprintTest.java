package dev.kappa.reprocessing.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.Views;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BlueprintTest {

    private static final ViewDefinition TRENDS = Views.discover().stream()
            .filter(view -> view.name().equals("hashtag-trends"))
            .findFirst()
            .orElseThrow();

    private static ViewVersion version(Blueprint blueprint, String fingerprint) {
        ViewVersion planned = ViewVersion.planned(
                new VersionId("hashtag-trends", 1),
                blueprint,
                Optional.empty(),
                1,
                Optional.empty(),
                java.time.Instant.EPOCH);
        return new ViewVersion(
                planned.id(),
                Phase.ACTIVE,
                blueprint,
                fingerprint,
                planned.origin(),
                1,
                0,
                planned.maxRate(),
                1,
                false,
                false,
                planned.detail(),
                planned.inputProblems(),
                planned.gaps(),
                planned.createdAt(),
                planned.changedAt());
    }

    @Test
    void sameCodeAndParametersHaveTheSameFingerprint() {
        Blueprint blueprint = Blueprint.of(TRENDS, Map.of());
        assertThat(Blueprint.of(TRENDS, Map.of("window", "PT1H")).fingerprint()).isEqualTo(blueprint.fingerprint());
        assertThat(Blueprint.of(TRENDS, Map.of("window", "PT2H")).fingerprint()).isNotEqualTo(blueprint.fingerprint());
    }

    @Test
    void internalTopicsAreThoseOfTheTopologyByExactName() {
        assertThat(Blueprint.of(TRENDS, Map.of()).internalTopics())
                .containsExactly(
                        "blocked-authors-table-changelog",
                        "by-author-repartition",
                        "by-hashtag-repartition",
                        "counts-changelog");
    }

    @Test
    void differencesAreReadable() {
        Blueprint before = Blueprint.of(TRENDS, Map.of());
        Blueprint after = new Blueprint(
                before.revision() + 1,
                Blueprint.of(TRENDS, Map.of("window", "PT10M")).parameters(),
                before.inputs(),
                before.stores().stream()
                        .map(store -> new Blueprint.StoreTypes(
                                store.name(),
                                store.kind(),
                                store.keySchema(),
                                store.valueSchema().replace("\"count\"", "\"total\"")))
                        .toList(),
                before.outputKeySchema(),
                before.outputValueSchema(),
                before.topology().replace("drop-blocked", "drop-banned"),
                before.internalTopics());
        assertThat(before.differences(before)).isEmpty();
        assertThat(before.differences(after))
                .contains(
                        "revision: " + before.revision() + " -> " + (before.revision() + 1),
                        "parameter window: PT1H -> PT10M",
                        "store counts: value field count: \"long\" -> (none)",
                        "store counts: value field total: (none) -> \"long\"")
                .anyMatch(line -> line.startsWith("topology: - Processor: drop-blocked"))
                .anyMatch(line -> line.startsWith("topology: + Processor: drop-banned"));
    }

    @Test
    void whateverChangesTheFingerprintIsADifference() {
        Blueprint before = Blueprint.of(TRENDS, Map.of());
        var reordered = new Blueprint(
                before.revision(),
                before.parameters().reversed(),
                before.inputs(),
                before.stores(),
                before.outputKeySchema(),
                before.outputValueSchema(),
                before.topology(),
                before.internalTopics());
        assertThat(reordered.fingerprint()).isNotEqualTo(before.fingerprint());
        assertThat(before.differences(reordered)).hasSize(1);
    }

    @Test
    void versionIsMatchedByItsFingerprintOnly() {
        var definitions = new Definitions(java.util.List.of(TRENDS));
        Blueprint blueprint = Blueprint.of(TRENDS, Map.of("window", "PT10M"));
        assertThat(definitions.match(version(blueprint, blueprint.fingerprint())))
                .isPresent();
        assertThat(definitions.match(version(blueprint, "another"))).isEmpty();
        assertThat(new Definitions(java.util.List.of()).match(version(blueprint, blueprint.fingerprint())))
                .isEmpty();
    }

    @Test
    void chosenParametersAreNoDifferenceButChangedDefaultsAre() {
        var definitions = new Definitions(java.util.List.of(TRENDS));
        Blueprint chosen = Blueprint.of(TRENDS, Map.of("window", "PT10M"));
        assertThat(definitions.differences(version(chosen, chosen.fingerprint())))
                .isEmpty();

        // As if the default had been another when the version was made.
        Blueprint defaulted = new Blueprint(
                chosen.revision(),
                chosen.parameters().stream()
                        .map(parameter -> new Blueprint.ParameterSetting(parameter.name(), parameter.value(), false))
                        .toList(),
                chosen.inputs(),
                chosen.stores(),
                chosen.outputKeySchema(),
                chosen.outputValueSchema(),
                chosen.topology(),
                chosen.internalTopics());
        assertThat(definitions.differences(version(defaulted, defaulted.fingerprint())))
                .containsExactly("parameter window: PT10M -> PT1H");
    }
}
