package dev.kappa.localdev.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** CSV as RFC 4180 has it. */
final class CsvReader extends RowReader {

    private final CSVParser parser;
    private final Iterator<CSVRecord> records;
    private final Optional<List<String>> header;
    private String text = "";

    CsvReader(Reader reader, boolean header, FileChannel file) throws IOException {
        super(file);
        this.parser = CSVParser.parse(
                reader, CSVFormat.RFC4180.builder().setIgnoreEmptyLines(true).get());
        this.records = parser.iterator();
        try {
            this.header = header ? Optional.of(columnNames(records)) : Optional.empty();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static List<String> columnNames(Iterator<CSVRecord> records) {
        if (!records.hasNext()) {
            throw new IllegalArgumentException("The file is empty; a CSV file begins with the names of its columns.");
        }
        List<String> names = records.next().stream()
                .map(name -> name.replace("\uFEFF", "").strip())
                .toList();
        if (names.stream().distinct().count() < names.size()) {
            throw new IllegalArgumentException("Two columns have the same name: " + names);
        }
        return names;
    }

    @Override
    Optional<List<String>> columns() {
        return header;
    }

    @Override
    Optional<Row> next() throws IOException, BadRowException {
        CSVRecord record;
        try {
            if (!records.hasNext()) {
                return Optional.empty();
            }
            record = records.next();
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof CSVException malformed) {
                if (!records.hasNext()) {
                    // A quote that is never closed takes in the rest of the file: more than one bad row.
                    throw new IOException(malformed.getMessage() + "; from there on nothing was loaded", malformed);
                }
                text = "";
                throw new BadRowException("is not CSV: " + malformed.getMessage());
            }
            throw e.getCause();
        }
        text = CSVFormat.RFC4180.format((Object[]) record.values());
        List<String> columns = header.orElseGet(() -> IntStream.rangeClosed(1, record.size())
                .mapToObj(String::valueOf)
                .toList());
        if (record.size() != columns.size()) {
            throw new BadRowException("has " + record.size() + " columns, expected " + columns.size());
        }
        var values = new LinkedHashMap<String, JsonNode>();
        for (int i = 0; i < record.size(); i++) {
            values.put(columns.get(i), TextNode.valueOf(record.get(i)));
        }
        return Optional.of(new Row(line(), values));
    }

    @Override
    long line() {
        return parser.getCurrentLineNumber();
    }

    @Override
    String text() {
        return text;
    }
}
