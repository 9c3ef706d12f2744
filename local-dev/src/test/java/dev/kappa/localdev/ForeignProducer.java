package dev.kappa.localdev;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.AvroSerializer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Writes records as software does that is not ours: bytes as they are, to any partition, with schemas as they are. */
final class ForeignProducer implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final LocalCluster cluster;
    private final KafkaProducer<byte[], byte[]> producer;
    private final AvroSerializer<SpecificRecord> serializer = new AvroSerializer<>();
    private final HttpClient http = HttpClient.newHttpClient();

    ForeignProducer(LocalCluster cluster) {
        this.cluster = cluster;
        this.producer = new KafkaProducer<>(
                Map.of(
                        "bootstrap.servers",
                        cluster.kafka(),
                        ProducerConfig.COMPRESSION_TYPE_CONFIG,
                        "gzip",
                        ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
                        64 << 20,
                        ProducerConfig.BUFFER_MEMORY_CONFIG,
                        128L << 20),
                new ByteArraySerializer(),
                new ByteArraySerializer());
        serializer.configure(Map.of(AvroSerdeConfig.URL, cluster.registry()), false);
    }

    /** What librdkafka chooses unless told otherwise. */
    static int crc32(String key, int partitions) {
        var crc = new CRC32();
        crc.update(key.getBytes(StandardCharsets.UTF_8));
        return (int) (crc.getValue() % partitions);
    }

    static byte[] text(String key) {
        return key.getBytes(StandardCharsets.UTF_8);
    }

    /** Sends one record and waits until the broker has it. */
    void send(
            String topic,
            int partition,
            long timestamp,
            byte @Nullable [] key,
            byte @Nullable [] value,
            Header... headers)
            throws Exception {
        producer.send(new ProducerRecord<>(topic, partition, timestamp, key, value, List.of(headers)))
                .get();
    }

    /** An event as our own serializer writes it. */
    byte[] event(String topic, SpecificRecord event) {
        return Objects.requireNonNull(serializer.serialize(topic, event));
    }

    /** A record with a schema that is given as text, in the wire format. */
    byte[] encoded(int id, Schema schema, Map<String, ?> values) throws IOException {
        var record = new GenericData.Record(schema);
        values.forEach(record::put);
        var out = new ByteArrayOutputStream();
        out.write(0);
        out.writeBytes(ByteBuffer.allocate(Integer.BYTES).putInt(id).array());
        var encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        new GenericDatumWriter<GenericRecord>(schema, new GenericData()).write(record, encoder);
        encoder.flush();
        return out.toByteArray();
    }

    /** Registers a schema as it is. */
    int register(String subject, String schema, List<Map<String, Object>> references) throws Exception {
        var body = new HashMap<String, Object>(Map.of("schema", schema, "schemaType", "AVRO"));
        if (!references.isEmpty()) {
            body.put("references", references);
        }
        var request = HttpRequest.newBuilder(
                        URI.create(cluster.registry() + "/apis/ccompat/v7/subjects/" + subject + "/versions"))
                .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
                .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException("Registering " + subject + ": " + answer.statusCode() + " " + answer.body());
        }
        return JSON.readTree(answer.body()).path("id").asInt();
    }

    @Override
    public void close() {
        producer.close();
        serializer.close();
        http.close();
    }
}
