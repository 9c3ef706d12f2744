package dev.kappa.samples.authormood;

import dev.kappa.results.AuthorMood;
import java.time.Duration;
import java.util.Objects;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.VersionedKeyValueStore;
import org.apache.kafka.streams.state.VersionedRecord;
import org.jspecify.annotations.Nullable;

/** Adds the scores of posts up, each where its time puts it. */
final class MoodProcessor extends ContextualProcessor<String, AuthorMood, String, AuthorMood> {

    private final double halfLifeMillis;
    private final String moodsStore;
    private final String historyStore;
    private @Nullable TimestampedKeyValueStore<String, AuthorMood> moods;
    private @Nullable VersionedKeyValueStore<String, AuthorMood> history;

    MoodProcessor(Duration halfLife, String moodsStore, String historyStore) {
        this.halfLifeMillis = halfLife.toMillis();
        this.moodsStore = moodsStore;
        this.historyStore = historyStore;
    }

    @Override
    public void init(ProcessorContext<String, AuthorMood> context) {
        super.init(context);
        this.moods = context.getStateStore(moodsStore);
        this.history = context.getStateStore(historyStore);
    }

    @Override
    public void process(Record<String, AuthorMood> post) {
        String author = post.key();
        long at = post.timestamp();
        double score = post.value().getScore();
        TimestampedKeyValueStore<String, AuthorMood> latest = Objects.requireNonNull(moods);
        ValueAndTimestamp<AuthorMood> known = latest.get(author);

        AuthorMood now;
        long nowAt;
        if (known == null || known.timestamp() <= at) {
            now = known == null ? post.value() : after(known.value(), known.timestamp(), score, at);
            nowAt = at;
            Objects.requireNonNull(history).put(author, now, at);
        } else {
            now = before(known.value(), known.timestamp(), score, at);
            nowAt = known.timestamp();
            putRight(author, score, at);
        }
        latest.put(author, ValueAndTimestamp.make(now, nowAt));
        context().forward(post.withValue(now).withTimestamp(nowAt));
    }

    /** Adds a post to what the author's score was at its time and at all later ones. */
    private void putRight(String author, double score, long at) {
        VersionedKeyValueStore<String, AuthorMood> versions = Objects.requireNonNull(history);
        VersionedRecord<AuthorMood> version = versions.get(author);
        while (version != null && version.timestamp() > at) {
            versions.put(author, before(version.value(), version.timestamp(), score, at), version.timestamp());
            version = versions.get(author, version.timestamp() - 1);
        }
        versions.put(
                author,
                version == null ? new AuthorMood(score, 1L) : after(version.value(), version.timestamp(), score, at),
                at);
    }

    /** A post that comes after what is known. */
    private AuthorMood after(AuthorMood known, long knownAt, double score, long at) {
        return new AuthorMood(known.getScore() * left(at - knownAt) + score, known.getPosts() + 1);
    }

    /** A post that comes before what is known. */
    private AuthorMood before(AuthorMood known, long knownAt, double score, long at) {
        return new AuthorMood(known.getScore() + score * left(knownAt - at), known.getPosts() + 1);
    }

    private double left(long millis) {
        return Math.pow(0.5, millis / halfLifeMillis);
    }
}
