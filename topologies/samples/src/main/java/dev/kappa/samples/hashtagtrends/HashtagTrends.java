package dev.kappa.samples.hashtagtrends;

import com.google.auto.service.AutoService;
import dev.kappa.events.BlockedAuthor;
import dev.kappa.events.Post;
import dev.kappa.results.HashtagCount;
import dev.kappa.results.WindowedKey;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Output;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import dev.kappa.topologies.Windows;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;

/**
 * Counts every occurrence of a hashtag per tumbling window of event time, posts by blocked authors left out.
 *
 * <p>Hashtags are compared in lower case and without a leading {@code #}; a post that repeats one counts it each time. A
 * post sent twice counts twice. Posts with equal times, and posts out of order within the grace period, count alike; a
 * post is late when an earlier one of its partition is dated at or past the end of its window plus grace. A post is left
 * out when its author was blocked as of the post's time, that instant included.
 */
@AutoService(ViewDefinition.class)
public final class HashtagTrends implements ViewDefinition {

    static final Parameter<Duration> WINDOW = Parameter.duration(
            "window", Duration.ofHours(1), Duration.ofSeconds(1), "Length of the windows hashtags are counted in");
    static final Parameter<Duration> GRACE = Parameter.grace(Duration.ofMinutes(10));
    static final Parameter<Duration> RETENTION = Parameter.retention();

    static final Input<Post> POSTS = Input.stream("posts", Post.class).unkeyed();
    static final Input<BlockedAuthor> BLOCKED_AUTHORS = Input.table("blocked-authors", BlockedAuthor.class);

    static final Store<String, HashtagCount> COUNTS = Store.windowed(
            "counts", DataType.TEXT, HashtagCount.class, Windows.tumbling(WINDOW, GRACE, RETENTION), "count");
    static final Output<WindowedKey, HashtagCount> OUTPUT =
            Output.of(DataType.of(WindowedKey.class), HashtagCount.class);

    @Override
    public String name() {
        return "hashtag-trends";
    }

    @Override
    public int revision() {
        return 3;
    }

    @Override
    public String description() {
        return "How often each hashtag is used, per window of time";
    }

    @Override
    public List<Parameter<?>> parameters() {
        return List.of(WINDOW, GRACE, RETENTION);
    }

    @Override
    public List<Input<?>> inputs() {
        return List.of(POSTS, BLOCKED_AUTHORS);
    }

    @Override
    public List<Store<?, ?>> stores() {
        return List.of(COUNTS);
    }

    @Override
    public Output<?, ?> output() {
        return OUTPUT;
    }

    @Override
    public void build(ViewTopology view) {
        KStream<String, Post> hashtags =
                allowedPosts(view).flatMap((_, post) -> hashtags(post), Named.as("split-hashtags"));
        KStream<WindowedKey, HashtagCount> counts = view.windowed(COUNTS)
                .rekeyed("by-hashtag")
                .aggregate(
                        hashtags,
                        () -> new HashtagCount(0L),
                        (_, _, sum) -> new HashtagCount(sum.getCount() + 1),
                        (some, others) -> new HashtagCount(some.getCount() + others.getCount()));
        view.output(counts, OUTPUT);
    }

    /** A post without an author cannot be blocked, so only the others take the way through the join. */
    private static KStream<String, Post> allowedPosts(ViewTopology view) {
        KStream<String, Post> posts = view.stream(POSTS);
        KStream<String, Post> anonymous =
                posts.filter((_, post) -> post.getAuthor() == null, Named.as("anonymous-posts"));
        KStream<String, Post> signed = posts.filter((_, post) -> post.getAuthor() != null, Named.as("signed-posts"))
                .selectKey((_, post) -> post.getAuthor(), Named.as("key-author"))
                .repartition(view.repartition("by-author", DataType.TEXT, Post.class))
                .leftJoin(
                        view.table(BLOCKED_AUTHORS),
                        (post, blocked) -> blocked == null ? post : null,
                        Joined.as("look-up-author"))
                .filter((_, post) -> post != null, Named.as("drop-blocked"));
        return anonymous.merge(signed, Named.as("allowed-posts"));
    }

    private static List<KeyValue<String, Post>> hashtags(Post post) {
        return post.getHashtags().stream()
                .map(hashtag -> hashtag.startsWith("#") ? hashtag.substring(1) : hashtag)
                .filter(hashtag -> !hashtag.isEmpty())
                .map(hashtag -> KeyValue.pair(hashtag.toLowerCase(Locale.ROOT), post))
                .toList();
    }
}
