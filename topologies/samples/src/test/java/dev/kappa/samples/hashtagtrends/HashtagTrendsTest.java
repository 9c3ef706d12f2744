package dev.kappa.samples.hashtagtrends;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.events.BlockedAuthor;
import dev.kappa.events.Post;
import dev.kappa.results.HashtagCount;
import dev.kappa.results.WindowedKey;
import dev.kappa.topologies.InvalidEventException;
import dev.kappa.topologies.kit.ViewTestDriver;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HashtagTrendsTest {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    @TempDir
    Path directory = Path.of("");

    private int posts;

    @Test
    void everyOccurrenceCountsInLowerCaseWithoutTheSign() {
        try (var view = view(Map.of())) {
            view.send(HashtagTrends.POSTS, post("ann", NOON, "#Kafka", "kafka", "KAFKA", "#", ""));

            assertThat(counts(view)).containsExactly(Map.entry("kafka@" + NOON, 3L));
        }
    }

    @Test
    void windowsBeginInclusiveAndEndExclusive() {
        try (var view = view(Map.of())) {
            view.send(HashtagTrends.POSTS, post("ann", NOON, "a"));
            view.send(
                    HashtagTrends.POSTS,
                    post("ann", NOON.plus(Duration.ofHours(1)).minusMillis(1), "a"));
            view.send(HashtagTrends.POSTS, post("ann", NOON.plus(Duration.ofHours(1)), "a"));

            assertThat(counts(view))
                    .containsOnly(Map.entry("a@" + NOON, 2L), Map.entry("a@" + NOON.plus(Duration.ofHours(1)), 1L));
        }
    }

    @Test
    void postsOfBlockedAuthorsAreLeftOutUntilTheBlockIsLifted() {
        try (var view = view(Map.of())) {
            view.send(HashtagTrends.BLOCKED_AUTHORS, new BlockedAuthor("spammer", "spam", NOON));
            view.send(HashtagTrends.POSTS, post("spammer", NOON, "a"));
            view.send(HashtagTrends.POSTS, post("ann", NOON, "a"));
            view.send(HashtagTrends.POSTS, post(null, NOON, "a"));
            view.send(HashtagTrends.BLOCKED_AUTHORS, "spammer", null, NOON.toEpochMilli());
            view.send(HashtagTrends.POSTS, post("spammer", NOON, "a"));

            assertThat(counts(view)).containsExactly(Map.entry("a@" + NOON, 3L));
        }
    }

    @Test
    void postBeyondTheGracePeriodIsDroppedAndCounted() {
        try (var view = view(Map.of("grace", "PT10M"))) {
            Instant end = NOON.plus(Duration.ofHours(1));
            view.send(
                    HashtagTrends.POSTS,
                    post("ann", end.plus(Duration.ofMinutes(10)).minusMillis(1), "b"));
            view.send(HashtagTrends.POSTS, post("ann", NOON, "a"));
            view.send(HashtagTrends.POSTS, post("ann", end.plus(Duration.ofMinutes(10)), "b"));
            view.send(HashtagTrends.POSTS, post("ann", NOON, "a"));

            assertThat(counts(view)).containsEntry("a@" + NOON, 1L);
            assertThat(view.metric("late-records-total")).isEqualTo(1);
        }
    }

    @Test
    void outputCarriesKeyAndWindow() {
        try (var view = view(Map.of("window", "PT10M"))) {
            view.send(HashtagTrends.POSTS, post("ann", NOON.plusSeconds(1), "a"));

            var key = new WindowedKey("a", NOON, NOON.plus(Duration.ofMinutes(10)));
            assertThat(view.output(HashtagTrends.OUTPUT.key(), HashtagTrends.OUTPUT.value()))
                    .isEqualTo(Map.of(key, new HashtagCount(1L)));
        }
    }

    @Test
    void eventsThatMakeNoSenseAreTurnedAwayAndNothingStops() {
        try (var view = view(Map.of())) {
            long log = NOON.toEpochMilli();
            view.send(HashtagTrends.POSTS, null, post("ann", NOON, "a"), log);
            view.send(HashtagTrends.POSTS, "p", null, log);
            view.send(HashtagTrends.POSTS, "p", post("ann", Instant.ofEpochMilli(-1), "a"), log);
            view.send(HashtagTrends.POSTS, "p", post("ann", NOON.plus(Duration.ofDays(36_500)), "a"), log);
            view.send(HashtagTrends.POSTS, "p", post("ann", NOON, "a"), log);

            assertThat(view.rejected()).hasSize(4).hasOnlyElementsOfType(InvalidEventException.class);
            assertThat(counts(view)).containsExactly(Map.entry("a@" + NOON, 1L));
        }
    }

    /** Random posts against plain loops, with a grace period in which nothing is late. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void equalsABatchComputation(long seed) {
        var random = new Random(seed);
        List<String> tags = List.of("a", "B", "b", "#c", "C", "ß", "é", "É", "😃");
        Map<String, Long> expected = new HashMap<>();
        Map<String, Instant> blocked = new HashMap<>();
        try (var view = view(Map.of("window", "PT7M", "grace", "P10D"))) {
            for (int i = 0; i < 500; i++) {
                String author = "author-" + random.nextInt(10);
                Instant at = NOON.plusMillis(random.nextInt(7_200_000));
                if (random.nextInt(50) == 0) {
                    view.send(HashtagTrends.BLOCKED_AUTHORS, new BlockedAuthor(author, null, at));
                    blocked.merge(author, at, (a, b) -> a.isBefore(b) ? a : b);
                    continue;
                }
                List<String> used = new ArrayList<>();
                for (int n = random.nextInt(4); n > 0; n--) {
                    used.add(tags.get(random.nextInt(tags.size())));
                }
                view.send(HashtagTrends.POSTS, post(author, at, used.toArray(String[]::new)));
                if (blocked.getOrDefault(author, Instant.MAX).isAfter(at)) {
                    long window = Duration.ofMinutes(7).toMillis();
                    Instant start = Instant.ofEpochMilli(at.toEpochMilli() / window * window);
                    used.forEach(tag ->
                            expected.merge(tag.replace("#", "").toLowerCase(Locale.ROOT) + "@" + start, 1L, Long::sum));
                }
            }
            assertThat(counts(view)).as("seed %d", seed).isEqualTo(expected);
        }
    }

    private ViewTestDriver view(Map<String, String> parameters) {
        return new ViewTestDriver(new HashtagTrends(), directory, parameters);
    }

    private Post post(@Nullable String author, Instant at, String... hashtags) {
        return new Post("post-" + posts++, author, "text", List.of(hashtags), at);
    }

    private static Map<String, Long> counts(ViewTestDriver view) {
        var counts = new HashMap<String, Long>();
        view.windows(HashtagTrends.COUNTS)
                .forEach((key, value) ->
                        counts.put(key.key() + "@" + key.window().startTime(), value.getCount()));
        return counts;
    }
}
