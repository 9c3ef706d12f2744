package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.localdev.sample.SampleEvents;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringTokenizer;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.zip.GZIPInputStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVRecord;

/** Posts that were loaded, and what hashtag-trends must make of them, by plain loops. */
final class Posts {

    /** A post as the oracle sees it. */
    record Post(String id, String hashtags, Instant createdAt) {}

    private final ConcurrentLinkedQueue<Post> posts = new ConcurrentLinkedQueue<>();

    /** Loads real tweets where they are on this machine, sample posts elsewhere. */
    void loadHistory(LocalCluster cluster, Path directory, int count) throws IOException {
        Path tweets =
                Path.of(System.getProperty("kappa.home", ".."), "..", "shared/data/tweets_crisislex/tweets.csv.gz");
        var history = new ArrayList<Post>();
        if (Files.exists(tweets)) {
            for (CSVRecord row : rows(tweets)) {
                if (history.size() < count) {
                    history.add(
                            new Post(row.get("tweet_id"), row.get("hashtags"), Instant.parse(row.get("created_at"))));
                }
            }
        } else {
            var samples = new SampleEvents(11, Instant.parse("2026-01-01T00:00:00Z"), 1);
            while (history.size() < count) {
                SampleEvents.SampleEvent event = samples.next();
                if (event.value() instanceof dev.kappa.events.Post post) {
                    history.add(new Post(post.getPostId(), String.join(" ", post.getHashtags()), post.getCreatedAt()));
                }
            }
            // Samples that come after every grace period would rightly be left out.
            history.sort(Comparator.comparing(Post::createdAt));
        }
        load(cluster, directory.resolve("history.csv"), history);
    }

    /** Loads posts. */
    void load(LocalCluster cluster, Path file, List<Post> some) throws IOException {
        var lines = new ArrayList<>(List.of("postId,hashtags,createdAt"));
        some.forEach(post -> lines.add(post.id() + ",\"" + post.hashtags() + "\"," + post.createdAt()));
        Files.write(file, lines);
        assertThat(cluster.run("load", "posts", file.toString(), "--split", "hashtags= ")
                        .exitCode())
                .isZero();
        posts.addAll(some);
    }

    /** How often each hashtag occurs in each window, as {@code tag@start}. */
    Map<String, Long> counts(Duration window) {
        Map<String, Long> counts = new TreeMap<>();
        for (Post post : posts) {
            long length = window.toMillis();
            long start = post.createdAt().toEpochMilli() / length * length;
            var tags = new StringTokenizer(post.hashtags(), " ");
            while (tags.hasMoreTokens()) {
                String tag = tags.nextToken();
                tag = tag.startsWith("#") ? tag.substring(1) : tag;
                if (!tag.isEmpty()) {
                    counts.merge(tag.toLowerCase(Locale.ROOT) + "@" + Instant.ofEpochMilli(start), 1L, Long::sum);
                }
            }
        }
        return counts;
    }

    /** The same as a version answers over HTTP. */
    static Map<String, Long> answered(LocalCluster cluster, int version) throws Exception {
        Map<String, Long> counts = new TreeMap<>();
        String cursor = "";
        while (true) {
            JsonNode page = cluster.json(
                    "/api/views/hashtag-trends/stores/counts/windows?limit=1000&version=" + version + cursor);
            page.path("windows")
                    .forEach(window -> counts.put(
                            window.path("key").asText() + "@"
                                    + window.path("start").asText(),
                            window.path("value").path("count").asLong()));
            if (page.path("next").isNull()) {
                return counts;
            }
            cursor = "&cursor=" + page.path("next").asText();
        }
    }

    /** The rows of a compressed CSV file with a header. */
    static List<CSVRecord> rows(Path file) {
        try (var reader = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            return CSVFormat.RFC4180
                    .builder()
                    .setHeader()
                    .setSkipHeaderRecord(true)
                    .get()
                    .parse(reader)
                    .getRecords();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
