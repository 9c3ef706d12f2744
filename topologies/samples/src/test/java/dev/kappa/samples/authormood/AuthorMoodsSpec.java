package dev.kappa.samples.authormood;

import dev.kappa.events.Post;
import dev.kappa.results.AuthorMood;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.ViewSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What author-mood does to posts of known scores, by plain loops. */
public final class AuthorMoodsSpec implements ViewSpec {

    private static final List<String> TEXTS = List.of("A good day", "What a DISASTER!", "so so", "I love it, thanks");
    private static final List<Integer> SCORES = List.of(1, -2, 0, 3);

    private record Scored(long at, int score) {}

    @Override
    public ViewDefinition definition() {
        return new AuthorMoods();
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of("half-life", "PT30S");
    }

    @Override
    public Duration open() {
        return Duration.ofMinutes(1);
    }

    @Override
    public Sent event(int key, int dice, Instant at) {
        String author = dice % 10 == 0 ? null : "author-" + dice % 5;
        String text = dice % 11 == 0 ? null : TEXTS.get(dice % TEXTS.size());
        return Sent.of(AuthorMoods.POSTS, new Post("post-" + key, author, text, List.of(), at));
    }

    @Override
    public Map<Object, Object> expected(History history, Map<String, String> parameters) {
        Map<String, List<Scored>> posts = new HashMap<>();
        for (History.Arrived<Post> arrived : history.arrived(AuthorMoods.POSTS)) {
            Post post = Objects.requireNonNull(arrived.value());
            if (post.getAuthor() != null) {
                int known = post.getText() == null ? -1 : TEXTS.indexOf(post.getText());
                int score = known < 0 ? 0 : SCORES.get(known);
                posts.computeIfAbsent(post.getAuthor(), _ -> new ArrayList<>()).add(new Scored(arrived.at(), score));
            }
        }
        var expected = new HashMap<Object, Object>();
        posts.forEach((author, all) -> expected.put(author, moodAt(all, Long.MAX_VALUE, parameters)));
        return expected;
    }

    /** The score of the posts up to a time, at the time of the last of them. */
    private static AuthorMood moodAt(List<Scored> posts, long time, Map<String, String> parameters) {
        double halfLife =
                Duration.parse(parameters.getOrDefault("half-life", "P1D")).toMillis();
        List<Scored> until = posts.stream().filter(post -> post.at() <= time).toList();
        long last = until.stream().mapToLong(Scored::at).max().orElseThrow();
        double score = until.stream()
                .mapToDouble(post -> post.score() * Math.exp(-Math.log(2) * (last - post.at()) / halfLife))
                .sum();
        return new AuthorMood(score, (long) until.size());
    }
}
