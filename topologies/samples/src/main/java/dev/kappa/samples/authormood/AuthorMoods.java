package dev.kappa.samples.authormood;

import com.google.auto.service.AutoService;
import dev.kappa.events.Post;
import dev.kappa.results.AuthorMood;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Output;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.VersionedKeyValueStore;

/**
 * A score per author: each post scores by the words in it, and counts half for every half-life that has passed since.
 *
 * <p>Nothing is late. A post out of order counts by its own time: the author's later scores, which can be asked as of any
 * time of the history, are put right. Posts with equal times add up, and a post sent twice counts twice. Posts without an
 * author are left out; those without text count as posts and score nothing. Scores are added in order of arrival, which
 * changes at most their last digits.
 */
@AutoService(ViewDefinition.class)
public final class AuthorMoods implements ViewDefinition {

    static final Parameter<Duration> HALF_LIFE = Parameter.duration(
            "half-life", Duration.ofDays(1), Duration.ofSeconds(1), "How long until a post counts half");
    static final Parameter<Duration> HISTORY = Parameter.duration(
            "history",
            Duration.ofDays(36_500),
            Duration.ofMinutes(1),
            "How far back scores can be asked as of a time, counted from the newest post");

    private static final Duration MAX_OUT_OF_ORDER = Duration.ofDays(2);

    static final Input<Post> POSTS = Input.stream("posts", Post.class).unkeyed();
    static final Store<String, AuthorMood> MOODS = Store.versioned("moods", DataType.TEXT, AuthorMood.class, HISTORY);
    static final Output<String, AuthorMood> OUTPUT = Output.of(DataType.TEXT, AuthorMood.class);

    @Override
    public String name() {
        return "author-mood";
    }

    @Override
    public int revision() {
        return 2;
    }

    @Override
    public String description() {
        return "How well disposed each author is, by the words of the posts, and was at any time";
    }

    @Override
    public List<Parameter<?>> parameters() {
        return List.of(HALF_LIFE, HISTORY);
    }

    @Override
    public List<Input<?>> inputs() {
        return List.of(POSTS);
    }

    @Override
    public List<Store<?, ?>> stores() {
        return List.of(MOODS);
    }

    @Override
    public Output<?, ?> output() {
        return OUTPUT;
    }

    @Override
    public void build(ViewTopology view) {
        Words words = Words.list();
        // Each post that comes before others of its author costs a look at all of these.
        view.limitSkew(MAX_OUT_OF_ORDER);
        var moods = view.keyValueBuilder(MOODS);
        var history = view.history(MOODS, HISTORY);
        KStream<String, AuthorMood> changes = view.stream(POSTS)
                .filter((_, post) -> post.getAuthor() != null, Named.as("signed-posts"))
                .map(
                        (_, post) -> KeyValue.pair(
                                post.getAuthor(), new AuthorMood((double) words.score(post.getText()), 1L)),
                        Named.as("score-post"))
                .repartition(view.repartition("by-author", DataType.TEXT, AuthorMood.class))
                .process(moodProcessor(view.parameter(HALF_LIFE), moods, history), Named.as("add-up"));
        view.output(changes, OUTPUT);
    }

    private static ProcessorSupplier<String, AuthorMood, String, AuthorMood> moodProcessor(
            Duration halfLife,
            StoreBuilder<TimestampedKeyValueStore<String, AuthorMood>> moods,
            StoreBuilder<VersionedKeyValueStore<String, AuthorMood>> history) {
        return new ProcessorSupplier<>() {
            @Override
            public Processor<String, AuthorMood, String, AuthorMood> get() {
                return new MoodProcessor(halfLife, moods.name(), history.name());
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                return Set.of(moods, history);
            }
        };
    }
}
