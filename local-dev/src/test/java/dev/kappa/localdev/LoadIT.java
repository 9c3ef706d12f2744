package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.events.Reading;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kappa load} on files as they come, against a real broker: each row is in the topic or reported. */
class LoadIT {

    private static final Instant RECENT = Instant.parse("2026-01-01T00:00:00Z");
    private static final String OWN = """
            {"type":"record","name":"Own","namespace":"acme","kappa.key":"id","fields":[
              {"name":"id","type":"string"},
              {"name":"day","type":{"type":"int","logicalType":"date"}},
              {"name":"micros","type":{"type":"long","logicalType":"timestamp-micros"}},
              {"name":"uuid","type":{"type":"string","logicalType":"uuid"}},
              {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["A","B"]}},
              {"name":"raw","type":"bytes"},
              {"name":"place","type":{"type":"record","name":"Place","fields":[{"name":"x","type":"double"},{"name":"tags","type":{"type":"map","values":"int"}}]}},
              {"name":"either","type":["null","long","string"],"default":null}]}""";

    private static Optional<LocalCluster> started = Optional.empty();

    @TempDir
    Path directory = Path.of("");

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        started = Optional.of(new LocalCluster(data).startBrokerAndRegistry());
    }

    @AfterAll
    static void stop() {
        started.ifPresent(LocalCluster::close);
    }

    private static LocalCluster cluster() {
        return started.orElseThrow();
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private static void create(String topic, Map<String, String> settings) throws Exception {
        try (var admin = cluster().admin()) {
            if (admin.listTopics().names().get().contains(topic)) {
                admin.deleteTopics(List.of(topic)).all().get();
            }
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> !admin.listTopics().names().get().contains(topic));
            admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1).configs(settings)))
                    .all()
                    .get();
        }
    }

    private LocalCluster.Outcome load(String topic, Path file, String... more) {
        var arguments = new ArrayList<>(List.of("load", topic, file.toString()));
        arguments.addAll(List.of("--rejects", directory.resolve("rejected.csv").toString()));
        arguments.addAll(List.of(more));
        return cluster().run(arguments.toArray(String[]::new));
    }

    @Test
    @Handles(input = "a row that the broker refuses", outcome = "in the side file with line and reason, exit code 1")
    void rowThatTheBrokerRefusesIsReportedWithItsLine() throws Exception {
        create("readings", Map.of("max.message.bytes", "2000", "retention.ms", "-1"));
        Path file = file(
                "a.csv", "sensor,value,unit,at\na,1,K," + RECENT + "\nb,2," + random(100_000) + "," + RECENT + "\n");

        var outcome = load("readings", file);

        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(outcome.out()).contains("Loaded 1 events").contains("1 rows were rejected");
        assertThat(Files.readString(directory.resolve("rejected.csv"))).contains("3,was rejected: ", "larger than");
        assertThat(cluster().records("readings")).hasSize(1);
    }

    @Test
    void eventsThatAreOlderThanTheTopicAreLoadedWithANote() throws Exception {
        create("readings", Map.of("retention.ms", "-1"));
        assertThat(load("readings", file("new.csv", "sensor,value,unit,at\na,1,K," + RECENT + "\n"))
                        .out())
                .doesNotContain("older");
        Instant old = RECENT.minus(Duration.ofDays(3));

        var outcome = load("readings", file("old.csv", "sensor,value,unit,at\na,1,K," + old + "\n"));

        assertThat(outcome.exitCode()).isZero();
        assertThat(outcome.out()).contains("events are up to 3 days older than the newest event");
    }

    private static String random(int length) {
        return new Random(7)
                .ints(length, 'a', 'z' + 1)
                .mapToObj(letter -> String.valueOf((char) letter))
                .collect(Collectors.joining());
    }

    @Test
    @Handles(input = "epoch seconds or microseconds without `--time-format`", outcome = "refused before the first row")
    void implausibleTimesAreRefusedBeforeTheFirstRow() throws Exception {
        create("readings", Map.of("retention.ms", "-1"));
        long seconds = RECENT.getEpochSecond();
        String head = "sensor,value,at\n";
        assertThat(load("readings", file("s.csv", head + "a,1," + seconds + "\n"))
                        .err())
                .contains("epoch-seconds", "1970-01-");
        assertThat(load("readings", file("u.csv", head + "a,1," + seconds * 1_000_000 + "\n"))
                        .exitCode())
                .isEqualTo(2);
        assertThat(cluster().records("readings")).isEmpty();

        for (Map.Entry<String, Long> unit : Map.of(
                        "epoch-seconds",
                        1L,
                        "epoch-millis",
                        1_000L,
                        "epoch-micros",
                        1_000_000L,
                        "epoch-nanos",
                        1_000_000_000L)
                .entrySet()) {
            Path file = file("t.csv", head + "a,1," + seconds * unit.getValue() + "\n");
            assertThat(load("readings", file, "--time-format", unit.getKey()).exitCode())
                    .as(unit.getKey())
                    .isZero();
        }
        assertThat(cluster().records("readings"))
                .hasSize(4)
                .allSatisfy(record -> assertThat(record.timestamp()).isEqualTo(seconds * 1_000));
    }

    @Test
    @Handles(
            input = "events older than the topic's retention",
            outcome = "refused before the first row unless `--allow-expired`")
    void eventsThatTheTopicWouldNotKeepAreRefusedUnlessConfirmed() throws Exception {
        create(
                "readings",
                Map.of("retention.ms", String.valueOf(Duration.ofDays(7).toMillis())));
        Path old = file("old.csv", "sensor,value,at\na,1,2013-01-01T00:00:00Z\n");

        var refused = load("readings", old);

        assertThat(refused.exitCode()).isEqualTo(1);
        assertThat(refused.err()).contains("retention.ms", "2013-01-01T00:00:00Z", "--allow-expired");
        assertThat(cluster().records("readings")).isEmpty();
        assertThat(load("readings", old, "--allow-expired").exitCode()).isZero();
    }

    @Test
    @Handles(
            input = "a byte-order mark, `;`, tabs, `\\|`, CRLF, line breaks in fields, empty columns at the end",
            outcome = "read; `--delimiter` for others")
    void csvAsSpreadsheetsWriteItIsRead() throws Exception {
        String at = RECENT.toString();
        Map<String, String> files = Map.of(
                "bom.csv", "\uFEFF\"sensor\",\"value\",\"at\"\r\n\"a\",\"1\",\"" + at + "\"\r\n",
                "semicolon.csv", "sensor;value;at\na;1;" + at + "\n",
                "tab.tsv", "sensor\tvalue\tat\na\t1\t" + at + "\n",
                "bar.csv", "sensor|value|at\na|1|" + at + "\n",
                "trailing.csv", "sensor,value,at,,\na,1," + at + ",,\n",
                "newline.csv", "sensor,value,unit,at\r\na,1,\"two\nlines\"," + at + "\r\n");
        for (Map.Entry<String, String> each : files.entrySet()) {
            create("readings", Map.of("retention.ms", "-1"));
            var outcome = load("readings", file(each.getKey(), each.getValue()));
            assertThat(outcome.exitCode()).as(each.getKey() + outcome.err()).isZero();
            assertThat(cluster().records("readings"))
                    .as(each.getKey())
                    .hasSize(1)
                    .allSatisfy(record -> assertThat(new String(record.key(), StandardCharsets.UTF_8))
                            .isEqualTo("a"));
        }
        create("readings", Map.of("retention.ms", "-1"));
        Path odd = file("odd.csv", "sensor#value#at\na#1#" + at + "\n");
        assertThat(load("readings", odd, "--delimiter", "#").exitCode()).isZero();
        assertThat(load("readings", odd, "--delimiter", "##").exitCode()).isEqualTo(2);
    }

    @Test
    @Handles(
            input = "dates, times, UUIDs, enums, bytes (Base64), records and maps (JSON) of a schema of one's own",
            outcome = "loaded")
    void everyTypeOfAnOwnSchemaIsLoaded() throws Exception {
        create("own", Map.of("retention.ms", "-1"));
        try (var registry = new HttpSchemaRegistry(
                AvroSerdeConfig.from(Map.of(AvroSerdeConfig.URL, cluster().registry())))) {
            registry.register("own-value", new Schema.Parser().parse(OWN));
        }
        Path json = file("own.jsonl", """
                {"id":"1","day":"2024-03-01","micros":"2024-03-01T12:00:00.123456Z","uuid":"f81d4fae-7dec-11d0-a765-00a0c91e6bf6","kind":"B","raw":"AQID","place":{"x":1.5,"tags":{"a":1}},"either":"text"}
                {"id":"2","day":"2024-03-01","micros":"2024-03-01T12:00:00Z","uuid":"no","kind":"B","raw":"AQID","place":{"x":1.5,"tags":{}}}
                """);
        assertThat(load("own", json).exitCode()).isEqualTo(1);
        assertThat(Files.readString(directory.resolve("rejected.csv"))).contains("uuid: ");
        Path csv = file("own.csv", """
                id,day,micros,uuid,kind,raw,place,either
                3,2024-03-01,2024-03-01T12:00:00Z,f81d4fae-7dec-11d0-a765-00a0c91e6bf6,A,AQID,"{""x"":1,""tags"":{""b"":2}}",7
                """);
        var outcome = load("own", csv);
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        assertThat(cluster().records("own")).hasSize(2);
    }

    @Test
    @Handles(input = "Avro container files", outcome = "loaded")
    void avroContainerFilesAreLoaded() throws Exception {
        create("readings", Map.of("retention.ms", "-1"));
        Path file = directory.resolve("history.avro");
        try (var writer = new DataFileWriter<>(new SpecificDatumWriter<>(Reading.class))) {
            writer.create(Reading.getClassSchema(), file.toFile());
            for (int i = 0; i < 500; i++) {
                writer.append(new Reading("sensor-" + i % 7, i / 3.0, null, RECENT.plusMillis(i)));
            }
        }
        var outcome = load("readings", file);
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        assertThat(cluster().records("readings")).hasSize(500);
    }

    @Test
    @Handles(
            input = "Parquet files of Arrow, DuckDB and JavaScript; Snappy, Zstandard, gzip, LZ4 or not compressed",
            outcome = "loaded, types converted exactly; a file compressed with Brotli is refused")
    void parquetFilesAreLoadedAsTheSameRowsOfJsonLinesAre() throws Exception {
        Path files = Path.of("src/test/resources/parquet").toAbsolutePath();
        create("readings", Map.of("retention.ms", "-1"));
        assertThat(load("readings", files.resolve("readings.jsonl")).exitCode()).isZero();
        List<String> expected = keysAndValues("readings");
        assertThat(expected).hasSize(20);
        for (String file : List.of("arrow-snappy", "arrow-zstd", "arrow-int96", "duckdb", "hyparquet", "parquetjs")) {
            create("readings", Map.of("retention.ms", "-1"));
            var outcome = load("readings", files.resolve(file + ".parquet"));
            assertThat(outcome.exitCode()).as(file + outcome.err()).isZero();
            assertThat(keysAndValues("readings")).as(file).isEqualTo(expected);
        }
        var brotli = load("readings", files.resolve("arrow-brotli.parquet"));
        assertThat(brotli.exitCode()).isEqualTo(1);
        assertThat(brotli.err()).contains("arrow-brotli.parquet", "BROTLI");
    }

    private static List<String> keysAndValues(String topic) throws Exception {
        return cluster().records(topic).stream()
                .map(record -> HexFormat.of().formatHex(record.key()) + " "
                        + HexFormat.of().formatHex(record.value()))
                .sorted()
                .toList();
    }

    @Test
    void rowThatIsTooLargeDoesNotEndALoadThatCanBeResumed() throws Exception {
        create("readings", Map.of("max.message.bytes", "2000", "retention.ms", "-1"));
        Path file = file(
                "large.csv",
                "sensor,value,unit,at\na,1,K," + RECENT + "\nb,2," + random(100_000) + "," + RECENT + "\nc,3,K,"
                        + RECENT + "\nd,4,K," + RECENT + "\n");
        var outcome = load("readings", file, "--resume", "--limit", "3");
        assertThat(outcome.exitCode()).isEqualTo(1);
        assertThat(Files.readString(directory.resolve("rejected.csv"))).contains("3,was rejected: ");
        assertThat(cluster().records("readings")).hasSize(2);
        assertThat(load("readings", file, "--resume", "--limit", "3").err()).contains("All rows of");
    }

    @Test
    @Handles(input = "a load that was cut off", outcome = "continues with `--resume`, no row twice")
    void loadThatIsKilledResumesWithoutDoublingRows() throws Exception {
        create("readings", Map.of("retention.ms", "-1"));
        int rows = 30_000;
        Path file = file(
                "many.csv",
                IntStream.range(0, rows)
                        .mapToObj(row -> "sensor-" + row + "," + row + "," + RECENT.plusMillis(row))
                        .collect(Collectors.joining("\n", "sensor,value,at\n", "\n")));
        for (int kill = 0; kill < 2; kill++) {
            int before = cluster().committedSoFar("readings").size();
            var process = cluster().launchCommand("load", "readings", file.toString(), "--resume", "--rate", "4000");
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> cluster().committedSoFar("readings").size() > before);
            process.destroyForcibly().waitFor();
        }
        assertThat(cluster().committedSoFar("readings")).hasSizeLessThan(rows);

        var outcome = load("readings", file, "--resume");

        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        assertThat(cluster().records("readings").stream()
                        .map(record -> new String(record.key(), StandardCharsets.UTF_8))
                        .toList())
                .hasSize(rows)
                .doesNotHaveDuplicates();
        assertThat(load("readings", file, "--resume").err()).contains("All rows of");
    }
}
