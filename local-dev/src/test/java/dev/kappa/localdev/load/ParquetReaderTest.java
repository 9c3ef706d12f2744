package dev.kappa.localdev.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BinaryNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that other writers made (see {@code src/test/recorder}), beside what is in them. */
class ParquetReaderTest {

    static final Path FILES = Path.of("src/test/resources/parquet");

    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    @TempDir
    Path directory = Path.of("");

    @Test
    void everyTypeIsReadExactly() throws Exception {
        List<ObjectNode> rows = read(FILES.resolve("arrow-types.parquet"));
        List<JsonNode> expected = expected("arrow-types.jsonl");
        assertThat(rows).hasSameSizeAs(expected);
        for (int i = 0; i < rows.size(); i++) {
            for (String column : (Iterable<String>) expected.get(i)::fieldNames) {
                assertThat(same(rows.get(i).get(column), expected.get(i).get(column)))
                        .as(
                                "%s: %s, not %s",
                                column, rows.get(i).get(column), expected.get(i).get(column))
                        .isTrue();
            }
            assertThat(rows.get(i)).hasSize(expected.get(i).size());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "arrow-none",
                "arrow-snappy",
                "arrow-gzip",
                "arrow-lz4",
                "arrow-zstd",
                "arrow-int96",
                "arrow-v2",
                "duckdb",
                "hyparquet",
                "parquetjs"
            })
    void filesOfOtherWritersAreRead(String file) throws Exception {
        List<ObjectNode> rows = read(FILES.resolve(file + ".parquet"));
        List<JsonNode> expected = expected("readings.jsonl");
        assertThat(rows).hasSameSizeAs(expected);
        for (int i = 0; i < rows.size(); i++) {
            assertThat(same(rows.get(i), expected.get(i)))
                    .as("%s, not %s", rows.get(i), expected.get(i))
                    .isTrue();
        }
    }

    @Test
    void compressionThatCannotBeReadIsNamed() {
        assertThatThrownBy(() -> read(FILES.resolve("arrow-brotli.parquet")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("BROTLI");
    }

    @Test
    void fileThatIsCutOffIsRefused() throws Exception {
        byte[] whole = Files.readAllBytes(FILES.resolve("arrow-snappy.parquet"));
        for (int size : new int[] {0, 3, 11, whole.length / 2, whole.length - 1}) {
            Path cut = Files.write(directory.resolve("cut.parquet"), Arrays.copyOf(whole, size));
            assertThatThrownBy(() -> read(cut)).as("%d bytes", size).isInstanceOf(IOException.class);
        }
    }

    /** The page says that it is longer than its buffer; older versions of snappy-java then write past its end. */
    @Test
    void damagedPageIsRefused() throws Exception {
        byte[] damaged = Files.readAllBytes(FILES.resolve("arrow-snappy.parquet"));
        int lengthOfFirstPage = 18;
        assertThat(damaged[lengthOfFirstPage]).isEqualTo((byte) 36);
        damaged[lengthOfFirstPage] = 127;
        Path file = Files.write(directory.resolve("damaged.parquet"), damaged);
        assertThatThrownBy(() -> read(file)).isInstanceOf(IOException.class).hasMessageContaining("cannot be read");
    }

    /** The library retries such a page without end. */
    @Test
    void damagedPageHeaderIsRefused() throws Exception {
        byte[] damaged = Files.readAllBytes(FILES.resolve("arrow-snappy.parquet"));
        int headerOfSecondPage = 87;
        damaged[headerOfSecondPage] = 1;
        Path file = Files.write(directory.resolve("header.parquet"), damaged);
        assertThatThrownBy(() -> {
                    try (FileChannel channel = FileChannel.open(file)) {
                        new ParquetReader(file, channel, Duration.ofMillis(500)).close();
                    }
                })
                .isInstanceOf(IOException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void fileOfAnotherFormatIsRefused() throws Exception {
        Path file = Files.writeString(directory.resolve("text.parquet"), "sensor,value\na,1\nb,2\n");
        assertThatThrownBy(() -> read(file)).isInstanceOf(IOException.class);
    }

    private static List<ObjectNode> read(Path file) throws IOException, BadRowException {
        var rows = new ArrayList<ObjectNode>();
        try (RowReader reader = RowReader.open(file, true, Optional.empty())) {
            for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
                ObjectNode json = JSON.createObjectNode();
                row.get().values().forEach(json::set);
                rows.add(json);
                assertThat(json.fieldNames())
                        .toIterable()
                        .containsExactlyElementsOf(reader.columns().orElseThrow());
                assertThat(reader.line()).isEqualTo(rows.size());
            }
            assertThat(reader.position()).isEqualTo(reader.size());
        }
        return rows;
    }

    private static List<JsonNode> expected(String file) throws IOException {
        var rows = new ArrayList<JsonNode>();
        for (String line : Files.readAllLines(FILES.resolve(file), StandardCharsets.UTF_8)) {
            rows.add(JSON.readTree(line));
        }
        return rows;
    }

    /** Bytes are Base64 in the expected file, or text where a writer does not say that a column is text. */
    private static boolean same(JsonNode read, JsonNode expected) {
        return read.equals(
                (one, other) -> {
                    if (one.isNumber() && other.isNumber()) {
                        return one.decimalValue().compareTo(other.decimalValue());
                    }
                    if (one instanceof BinaryNode bytes && other.isTextual()) {
                        boolean isText =
                                new String(bytes.binaryValue(), StandardCharsets.UTF_8).equals(other.textValue());
                        return isText || one.asText().equals(other.textValue()) ? 0 : 1;
                    }
                    return one.equals(other) ? 0 : 1;
                },
                expected);
    }
}
