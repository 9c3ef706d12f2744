package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kappa.localdev.fixtures.LocalCluster;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the how-to pages run as they stand there, in the order in which they stand there. */
class DocumentedCommandsIT {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Path DOCS = Path.of("..", "docs");
    private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
    private static final Pattern WORD = Pattern.compile("(?:[^\\s\"]|\"[^\"]*\")+");
    private static final List<String> FILES = List.of("tweets.csv.gz", "cards.csv", "posts.jsonl", "diff.html");

    @TempDir
    private Path directory = Path.of("");

    /** The commands of a page, without comments. */
    private static List<String> commands(String page) throws IOException {
        var commands = new ArrayList<String>();
        Matcher blocks = BLOCK.matcher(Files.readString(DOCS.resolve(page)));
        while (blocks.find()) {
            blocks.group(1)
                    .lines()
                    .map(line -> line.replaceAll("\\s#.*$", "").strip())
                    .filter(line -> line.matches("(\\./)?kappa .*"))
                    .map(line -> line.replaceFirst("^(\\./)?kappa ", ""))
                    .filter(line -> !line.startsWith("up"))
                    .forEach(commands::add);
        }
        assertThat(commands).as(page).isNotEmpty();
        return commands;
    }

    /** The words as a shell would give them, with the files of the test. */
    private String[] words(String command) {
        var words = new ArrayList<String>();
        Matcher word = WORD.matcher(command);
        while (word.find()) {
            String text = word.group().replace("\"", "");
            words.add(FILES.contains(text) ? directory.resolve(text).toString() : text);
        }
        return words.toArray(String[]::new);
    }

    private static void assertDone(LocalCluster.Outcome outcome, String command) {
        assertThat(outcome.exitCode())
                .as("%s%n%s%n%s", command, outcome.out(), outcome.err())
                .isZero();
    }

    @Test
    void commandsOfThePagesDoWhatThePagesSay() throws Exception {
        try (var cluster = new LocalCluster(directory.resolve("data"), "hashtag-trends", "fraud-alerts")) {
            cluster.startBrokerAndRegistry();
            cluster.startApp(Map.of());
            load(cluster);
            changeTheView(cluster);
            handleDeadLetters(cluster);
        }
    }

    /** docs/load.md, with files that have the columns that its commands name. */
    private void load(LocalCluster cluster) throws IOException {
        try (var tweets = new OutputStreamWriter(
                new GZIPOutputStream(Files.newOutputStream(directory.resolve("tweets.csv.gz"))),
                StandardCharsets.UTF_8)) {
            tweets.write(
                    "tweet_id,hashtags,created_at\n1,kafka streams,2013-04-15T20:10:00Z\n2,kafka,2013-04-15T20:20:00Z\n");
        }
        Files.writeString(
                directory.resolve("cards.csv"),
                "kind,id,customer,amount,ts\ncard,t1,ann,10.00,2026-01-01T10:00:00Z\ncash,t2,bob,5.00,2026-01-01T10:00:01Z\n");
        Files.writeString(
                directory.resolve("posts.jsonl"),
                "{\"postId\":\"3\",\"hashtags\":[\"kafka\"],\"createdAt\":\"2026-01-01T12:00:00Z\"}\n");
        for (String command : commands("load.md")) {
            if (command.startsWith("query")) {
                await().atMost(PATIENCE).untilAsserted(() -> {
                    LocalCluster.Outcome outcome = cluster.run(words(command));
                    assertDone(outcome, command);
                    assertThat(outcome.out()).containsPattern("kafka +\\{\"count\":2}");
                });
            } else {
                assertDone(cluster.run(words(command)), command);
            }
        }
    }

    /** docs/replay.md. */
    private void changeTheView(LocalCluster cluster) throws Exception {
        for (String command : commands("replay.md")) {
            List<String> words = new ArrayList<>(List.of(words(command)));
            if (command.startsWith("replay retire")) {
                words.add("--yes");
            }
            LocalCluster.Outcome outcome = cluster.run(words.toArray(String[]::new));
            if (command.contains("--fail-above")) {
                // Windows of another length: it fails as it should, and leaves its page.
                assertThat(outcome.exitCode()).as(outcome.out()).isEqualTo(1);
                assertThat(directory.resolve("diff.html")).isNotEmptyFile();
            } else {
                assertDone(outcome, command);
            }
        }
        assertThat(cluster.json("/api/v1/views/hashtag-trends")
                        .path("activeVersion")
                        .asInt())
                .isEqualTo(1);
    }

    /** docs/dead-letters.md, with a letter in place of the one that it names. */
    private void handleDeadLetters(LocalCluster cluster) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", cluster.kafka()),
                new StringSerializer(),
                new ByteArraySerializer())) {
            producer.send(new ProducerRecord<>("posts", "broken", new byte[] {1, 2, 3}))
                    .get();
        }
        String letter = await().atMost(PATIENCE)
                .until(
                        () -> cluster.run("dlq", "list", "hashtag-trends", "--output", "json")
                                .json()
                                .findValuesAsText("letter"),
                        letters -> !letters.isEmpty())
                .getFirst();
        for (String command : commands("dead-letters.md")) {
            List<String> words = new ArrayList<>(List.of(words(command.replace("0:17", letter))));
            if (command.startsWith("dlq purge")) {
                words.add("--yes");
            }
            assertDone(cluster.run(words.toArray(String[]::new)), command);
        }
    }
}
