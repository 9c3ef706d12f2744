package dev.kappa.localdev.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowReaderTest {

    @TempDir
    Path directory = Path.of("");

    @Test
    void csvMayQuoteAndSpanLines() throws Exception {
        Path file = file("a.csv", "a,b\r\n\"x,\"\"y\"\"\nz\",1\r\n\r\n2,3\n");
        try (RowReader reader = RowReader.open(file, true, Optional.empty())) {
            assertThat(reader.columns()).isEqualTo(Optional.of(List.of("a", "b")));
            Row first = reader.next().orElseThrow();
            assertThat(first.values().get("a")).hasToString("\"x,\\\"y\\\"\\nz\"");
            assertThat(reader.next().orElseThrow().line()).isEqualTo(5);
            assertThat(reader.next()).isEmpty();
        }
    }

    @Test
    void csvWithoutHeaderHasNumberedColumns() throws Exception {
        try (RowReader reader = RowReader.open(file("a.csv", "x,y\n"), false, Optional.empty())) {
            assertThat(reader.columns()).isEmpty();
            assertThat(reader.next().orElseThrow().values()).containsOnlyKeys("1", "2");
        }
    }

    @Test
    void rowOfAnotherLengthIsBadAndTheNextIsRead() throws Exception {
        try (RowReader reader = RowReader.open(file("a.csv", "a,b\n1\n2,3\n"), true, Optional.empty())) {
            assertThatThrownBy(reader::next).isInstanceOf(BadRowException.class).hasMessageContaining("1 columns");
            assertThat(reader.text()).isEqualTo("1");
            assertThat(reader.next()).isPresent();
        }
    }

    @Test
    void rowThatIsNotCsvIsBadAndWhatFollowsIsRead() throws Exception {
        try (RowReader reader = RowReader.open(file("a.csv", "a\n\"x\"y\nz\n"), true, Optional.empty())) {
            assertThatThrownBy(reader::next).isInstanceOf(BadRowException.class).hasMessageContaining("not CSV");
            var rest = new ArrayList<String>();
            for (Optional<Row> row = reader.next(); row.isPresent(); row = reader.next()) {
                row.get().values().forEach((_, value) -> rest.add(value.asText()));
            }
            assertThat(rest).contains("z");
        }
    }

    @Test
    void compressedFileThatIsCutShortCannotBeRead() throws Exception {
        Path file = directory.resolve("a.csv.gz");
        Files.write(file, new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3});
        assertThatThrownBy(() -> RowReader.open(file, true, Optional.empty())).isInstanceOf(IOException.class);
    }

    @Test
    void jsonLinesMayBeCompressed() throws Exception {
        Path file = directory.resolve("a.jsonl.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write("{\"a\":1}\n\nnonsense\n[1]\n{\"a\":[\"x\"]}\n".getBytes(StandardCharsets.UTF_8));
        }
        try (RowReader reader = RowReader.open(file, true, Optional.empty())) {
            assertThat(reader.next()).isPresent();
            assertThatThrownBy(reader::next).isInstanceOf(BadRowException.class).hasMessageContaining("not JSON");
            assertThat(reader.line()).isEqualTo(3);
            assertThatThrownBy(reader::next).isInstanceOf(BadRowException.class).hasMessageContaining("object");
            assertThat(reader.next().orElseThrow().values().get("a")).hasToString("[\"x\"]");
            assertThat(reader.next()).isEmpty();
            assertThat(reader.position()).isEqualTo(reader.size());
        }
    }

    @Test
    void bytesThatAreNotUtf8AreMarked() throws Exception {
        Path file = directory.resolve("a.csv");
        Files.write(file, new byte[] {'a', '\n', 'x', (byte) 0xFF, '\n'});
        try (RowReader reader = RowReader.open(file, true, Optional.empty())) {
            assertThat(reader.next().orElseThrow().values())
                    .containsEntry("a", TextNode.valueOf("x" + RowReader.NOT_UTF8));
        }
    }

    @Test
    void fileThatIsNeitherIsNamed() {
        assertThatThrownBy(() -> RowReader.open(directory.resolve("a.txt"), true, Optional.empty()))
                .hasMessageContaining("a.txt");
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content);
    }
}
