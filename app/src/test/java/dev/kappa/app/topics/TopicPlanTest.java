package dev.kappa.app.topics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.app.topics.TopicPlan.CoPartitioned;
import dev.kappa.app.topics.TopicPlan.Existing;
import dev.kappa.app.topics.TopicPlan.Needed;
import dev.kappa.app.topics.TopicPlan.Owner;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TopicPlanTest {

    private static final Map<String, String> COMPACT = Map.of("cleanup.policy", "compact");
    private static final Map<String, String> DELETE = Map.of("cleanup.policy", "delete");
    private static final List<CoPartitioned> JOINED = List.of(new CoPartitioned("alerts", List.of("a", "b")));

    @Test
    void missingTopicsAreCreated() {
        Needed own = new Needed("out", 4, COMPACT, Owner.KAPPA);
        Needed input = new Needed("in", 4, DELETE, Owner.PRODUCER_CREATE);
        TopicPlan plan = TopicPlan.of(List.of(own, input), Map.of(), List.of());
        assertThat(plan.create()).containsExactly(own, input);
        assertThat(plan.refusals()).isEmpty();
    }

    @Test
    void missingInputIsRefusedWhereInputsAreNotCreated() {
        Needed input = new Needed("in", 4, DELETE, Owner.PRODUCER);
        TopicPlan plan = TopicPlan.of(List.of(input), Map.of(), List.of());
        assertThat(plan.create()).isEmpty();
        assertThat(plan.refusals()).singleElement().asString().contains("in").contains("create-inputs");
    }

    @Test
    void ownTopicsAreCorrectedAndOthersLeftAlone() {
        List<Needed> needed =
                List.of(new Needed("out", 4, COMPACT, Owner.KAPPA), new Needed("in", 4, DELETE, Owner.PRODUCER));
        Map<String, Existing> existing = Map.of("out", new Existing(3, DELETE), "in", new Existing(3, COMPACT));
        TopicPlan plan = TopicPlan.of(needed, existing, List.of());
        assertThat(plan.alter()).isEqualTo(Map.of("out", COMPACT));
        assertThat(plan.create()).isEmpty();
    }

    @Test
    void topicsJoinedByKeyNeedTheSamePartitions() {
        List<Needed> needed = List.of(
                new Needed("a", 4, DELETE, Owner.PRODUCER_CREATE), new Needed("b", 4, DELETE, Owner.PRODUCER_CREATE));
        Map<String, Existing> existing = Map.of("a", new Existing(3, DELETE), "b", new Existing(5, DELETE));
        TopicPlan plan = TopicPlan.of(needed, existing, JOINED);
        assertThat(plan.refusals())
                .singleElement()
                .asString()
                .contains("alerts")
                .contains("a=3")
                .contains("b=5");
    }

    @Test
    void topicThatWillBeJoinedIsMadeLikeItsPartner() {
        List<Needed> needed = List.of(
                new Needed("a", 4, DELETE, Owner.PRODUCER_CREATE), new Needed("b", 4, DELETE, Owner.PRODUCER_CREATE));
        TopicPlan plan = TopicPlan.of(needed, Map.of("b", new Existing(7, DELETE)), JOINED);
        assertThat(plan.create()).containsExactly(new Needed("a", 7, DELETE, Owner.PRODUCER_CREATE));
        assertThat(plan.refusals()).isEmpty();
    }
}
