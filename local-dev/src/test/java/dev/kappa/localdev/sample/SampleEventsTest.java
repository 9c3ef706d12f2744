package dev.kappa.localdev.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.events.Post;
import dev.kappa.events.Reading;
import dev.kappa.events.Transaction;
import dev.kappa.localdev.sample.SampleEvents.SampleEvent;
import dev.kappa.results.FraudRule;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SampleEventsTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    @Test
    void sameSeedGivesTheSameEvents() {
        assertThat(events(42, 3_000)).isEqualTo(events(42, 3_000)).isNotEqualTo(events(43, 3_000));
    }

    @Test
    void eventsAreSentInOrderAndSomeAreLateByEventTime() {
        List<SampleEvent> events = events(42, 5_000);
        assertThat(events).extracting(SampleEvent::due).isSorted();
        List<Post> posts = events.stream()
                .map(SampleEvent::value)
                .filter(Post.class::isInstance)
                .map(Post.class::cast)
                .toList();
        long outOfOrder = 0;
        for (int i = 1; i < posts.size(); i++) {
            outOfOrder += posts.get(i).getCreatedAt().isBefore(posts.get(i - 1).getCreatedAt()) ? 1 : 0;
        }
        assertThat(outOfOrder).isGreaterThan(100);
    }

    @Test
    void idsAreUniqueAlsoFromOneStartToTheNext() {
        var ids = new HashSet<String>();
        Stream.concat(events(42, 2_000).stream(), events(42, 2_000, START.plusSeconds(1)).stream())
                .map(SampleEvent::value)
                .filter(Transaction.class::isInstance)
                .forEach(value -> assertThat(ids.add(((Transaction) value).getTransactionId()))
                        .isTrue());
    }

    @Test
    void everyKindOfFraudIsPlanted() {
        assertThat(events(42, 5_000).stream()
                        .flatMap(event -> event.planted().stream())
                        .distinct())
                .containsExactlyInAnyOrder(FraudRule.values());
    }

    /** Every sample view has results within a minute at the default rate. */
    @Test
    void everyInputAndAFailingSensorAreThereInTheFirstMinute() {
        List<SampleEvent> events = events(42, 1_040 + 1_200);
        assertThat(events.stream().map(SampleEvent::topic).distinct())
                .containsExactlyInAnyOrder(
                        "posts",
                        "blocked-authors",
                        "transactions",
                        "device-locations",
                        "readings",
                        "page-views",
                        "ad-events",
                        "campaigns");
        List<Double> ofFailing = events.stream()
                .map(SampleEvent::value)
                .filter(Reading.class::isInstance)
                .map(Reading.class::cast)
                .filter(reading -> reading.getValue() > 90 || reading.getValue() < 10)
                .map(Reading::getValue)
                .toList();
        assertThat(ofFailing).hasSizeGreaterThanOrEqualTo(4);
        for (int i = 0; i < ofFailing.size(); i++) {
            assertThat(ofFailing.get(i) > 90).isEqualTo(i % 2 == 0);
        }
    }

    private static List<SampleEvent> events(long seed, int count) {
        return events(seed, count, START);
    }

    private static List<SampleEvent> events(long seed, int count, Instant start) {
        var events = new SampleEvents(seed, start, 50);
        return Stream.generate(events::next).limit(count).toList();
    }
}
