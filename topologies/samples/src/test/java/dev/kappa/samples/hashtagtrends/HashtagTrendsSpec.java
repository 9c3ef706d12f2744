package dev.kappa.samples.hashtagtrends;

import dev.kappa.events.BlockedAuthor;
import dev.kappa.events.Post;
import dev.kappa.results.HashtagCount;
import dev.kappa.results.WindowedKey;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.ViewSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** What hashtag-trends does, by plain loops. */
public final class HashtagTrendsSpec implements ViewSpec {

    private static final List<String> TAGS = List.of("a", "#A", "b", "#é", "É", "ß", "😃", "#", "c");

    @Override
    public ViewDefinition definition() {
        return new HashtagTrends();
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of("window", "PT1M", "grace", "PT20S");
    }

    @Override
    public Duration open() {
        return Duration.ofSeconds(80);
    }

    @Override
    public Sent event(int key, int dice, Instant at) {
        String author = "author-" + dice % 7;
        if (dice % 25 == 0) {
            // Only some are ever blocked, or in a long history nobody would be left.
            String blocked = "author-" + (dice % 50 == 0 ? 5 : 6);
            return Sent.of(HashtagTrends.BLOCKED_AUTHORS, new BlockedAuthor(blocked, null, at));
        }
        List<String> tags = List.of(TAGS.get(dice % TAGS.size()), TAGS.get(dice / 7 % TAGS.size()));
        return Sent.of(
                HashtagTrends.POSTS,
                new Post("post-" + key, dice % 6 == 0 ? null : author, null, tags.subList(0, dice % 3), at));
    }

    @Override
    public Map<Object, Object> expected(History history, Map<String, String> parameters) {
        long window = Duration.parse(parameters.getOrDefault("window", "PT1H")).toMillis();
        long grace = Duration.parse(parameters.getOrDefault("grace", "PT10M")).toMillis();
        var expected = new HashMap<Object, Object>();
        for (History.Arrived<Post> arrived : history.arrived(HashtagTrends.POSTS)) {
            long start = arrived.at() / window * window;
            Post post = Objects.requireNonNull(arrived.value());
            boolean blocked = post.getAuthor() != null
                    && history.asOf(HashtagTrends.BLOCKED_AUTHORS, post.getAuthor(), arrived.at()) != null;
            if (blocked || arrived.isTooLateFor(start + window + grace)) {
                continue;
            }
            for (String tag : post.getHashtags()) {
                String plain = tag.replace("#", "").toLowerCase(Locale.ROOT);
                if (!plain.isEmpty()) {
                    var key = new WindowedKey(plain, Instant.ofEpochMilli(start), Instant.ofEpochMilli(start + window));
                    HashtagCount before = (HashtagCount) expected.get(key);
                    expected.put(key, new HashtagCount(before == null ? 1L : before.getCount() + 1));
                }
            }
        }
        return expected;
    }
}
