package dev.kappa.localdev.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.avro.AvroData;
import dev.kappa.avro.json.AvroJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.file.DataFileStream;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;

/** Records of an Avro container file; lines are records. */
final class AvroFileReader extends RowReader {

    private final DataFileStream<GenericRecord> records;
    private final List<String> columns;
    private long read;
    private String text = "";

    AvroFileReader(InputStream bytes, FileChannel file) throws IOException {
        super(file);
        this.records = new DataFileStream<>(bytes, new GenericDatumReader<>(null, null, AvroData.WITH_LOGICAL_TYPES));
        if (records.getSchema().getType() != Schema.Type.RECORD) {
            throw new IllegalArgumentException("The file holds values of type "
                    + records.getSchema().getType().getName() + ", not records.");
        }
        this.columns =
                records.getSchema().getFields().stream().map(Schema.Field::name).toList();
    }

    @Override
    Optional<List<String>> columns() {
        return Optional.of(columns);
    }

    @Override
    Optional<Row> next() throws IOException, BadRowException {
        try {
            if (!records.hasNext()) {
                return Optional.empty();
            }
            read++;
            GenericRecord record = records.next();
            ObjectNode json = (ObjectNode) AvroJson.toJson(record.getSchema(), record);
            text = json.toString();
            var values = new LinkedHashMap<String, JsonNode>();
            json.properties().forEach(entry -> values.put(entry.getKey(), entry.getValue()));
            return Optional.of(new Row(read, values));
        } catch (AvroRuntimeException e) {
            // The next record of the block cannot be found.
            throw new IOException("record " + read + " cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    long line() {
        return read;
    }

    @Override
    String text() {
        return text;
    }
}
