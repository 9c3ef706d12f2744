package dev.kappa.localdev.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.commons.csv.CSVException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;

/** CSV as RFC 4180 has it, with commas or another delimiter. */
final class CsvReader extends RowReader {

    /** In the order in which they are preferred. */
    private static final String DELIMITERS = ",;\t|";

    private static final int FIRST_LINE_CHARS = 1 << 15;

    private final CSVFormat format;
    private final CSVParser parser;
    private final Iterator<CSVRecord> records;
    private final Optional<List<String>> header;
    private String text = "";

    CsvReader(BufferedReader reader, boolean header, Optional<Character> delimiter, FileChannel file)
            throws IOException {
        super(file);
        char separator = delimiter.isPresent() ? delimiter.get() : delimiterOf(reader);
        this.format = CSVFormat.RFC4180
                .builder()
                .setDelimiter(separator)
                .setIgnoreEmptyLines(true)
                .get();
        this.parser = CSVParser.parse(reader, format);
        this.records = parser.iterator();
        try {
            this.header = header ? Optional.of(columnNames(records)) : Optional.empty();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** The delimiter that is found most often in the first line, outside of quotes; a comma where none is. */
    private static char delimiterOf(BufferedReader reader) throws IOException {
        reader.mark(FIRST_LINE_CHARS);
        var counts = new int[DELIMITERS.length()];
        boolean quoted = false;
        for (int i = 0; i < FIRST_LINE_CHARS; i++) {
            int next = reader.read();
            if (next < 0 || (!quoted && (next == '\n' || next == '\r'))) {
                break;
            }
            quoted ^= next == '"';
            int found = DELIMITERS.indexOf(next);
            if (!quoted && found >= 0) {
                counts[found]++;
            }
        }
        reader.reset();
        int most = 0;
        for (int i = 1; i < counts.length; i++) {
            most = counts[i] > counts[most] ? i : most;
        }
        return DELIMITERS.charAt(most);
    }

    private static List<String> columnNames(Iterator<CSVRecord> records) {
        if (!records.hasNext()) {
            throw new IllegalArgumentException("The file is empty; a CSV file begins with the names of its columns.");
        }
        var names = new ArrayList<>(records.next().stream().map(String::strip).toList());
        // Spreadsheets write empty columns at the end.
        while (!names.isEmpty() && names.getLast().isEmpty()) {
            names.removeLast();
        }
        if (names.stream().distinct().count() < names.size()) {
            throw new IllegalArgumentException("Two columns have the same name: " + names);
        }
        return List.copyOf(names);
    }

    /** The fields of a row, without empty ones at the end that no column is for. */
    private static List<String> fields(CSVRecord record, int columns) {
        List<String> fields = record.toList();
        int size = fields.size();
        while (size > columns && fields.get(size - 1).isEmpty()) {
            size--;
        }
        return fields.subList(0, size);
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
        text = format.format((Object[]) record.values());
        List<String> columns = header.orElseGet(() -> IntStream.rangeClosed(1, record.size())
                .mapToObj(String::valueOf)
                .toList());
        List<String> fields = fields(record, columns.size());
        if (fields.size() != columns.size()) {
            throw new BadRowException("has " + fields.size() + " columns, expected " + columns.size());
        }
        var values = new LinkedHashMap<String, JsonNode>();
        for (int i = 0; i < fields.size(); i++) {
            values.put(columns.get(i), TextNode.valueOf(fields.get(i)));
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
