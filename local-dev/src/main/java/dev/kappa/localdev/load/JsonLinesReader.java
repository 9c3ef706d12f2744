package dev.kappa.localdev.load;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;

/** One JSON object per line. */
final class JsonLinesReader extends RowReader {

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final BufferedReader reader;
    private long line;
    private String text = "";

    JsonLinesReader(BufferedReader reader, FileChannel file) {
        super(file);
        this.reader = reader;
    }

    @Override
    Optional<List<String>> columns() {
        return Optional.empty();
    }

    @Override
    Optional<Row> next() throws IOException, BadRowException {
        String read = reader.readLine();
        while (read != null && read.isBlank()) {
            line++;
            read = reader.readLine();
        }
        if (read == null) {
            return Optional.empty();
        }
        line++;
        text = read;
        try {
            JsonNode node = JSON.readTree(read);
            if (!node.isObject()) {
                throw new BadRowException("is not a JSON object");
            }
            var values = new LinkedHashMap<String, JsonNode>();
            node.properties().forEach(entry -> values.put(entry.getKey(), entry.getValue()));
            return Optional.of(new Row(line, values));
        } catch (JsonProcessingException e) {
            throw new BadRowException("is not JSON: " + e.getOriginalMessage());
        }
    }

    @Override
    long line() {
        return line;
    }

    @Override
    String text() {
        return text;
    }
}
