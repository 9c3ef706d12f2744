package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.events.Post;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Records and schemas that are made to take memory or time without end: each is refused soon, as the fault of the record. */
@Timeout(60)
class HostileAvroTest {

    private static final String TOPIC = "posts";
    private static final int FUZZED = 1_000_000;

    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();

    @Test
    void schemaThatGrowsExponentiallyIsNotRead() {
        assertThat(ExpandedSchema.isBounded(doubling(40))).isFalse();
        assertThat(ExpandedSchema.isBounded(doubling(4))).isTrue();
    }

    /** A few bytes would otherwise make a reader allocate much, or walk for long. */
    @Test
    void schemasWithManyValuesForFewBytesAreNotRead() {
        for (String type : List.of(
                "{\"type\": \"fixed\", \"name\": \"Big\", \"size\": 2000000000}",
                "{\"type\": \"array\", \"items\": " + doubling(8) + "}",
                "{\"type\": \"map\", \"values\": " + doubling(8) + "}",
                "[\"null\", " + doubling(8) + "]")) {
            assertThat(ExpandedSchema.isBounded(post(type))).as(type).isFalse();
        }
        for (String type : List.of(
                "{\"type\": \"fixed\", \"name\": \"Digest\", \"size\": 64}",
                "{\"type\": \"array\", \"items\": \"null\"}",
                "{\"type\": \"array\", \"items\": " + doubling(4) + "}")) {
            assertThat(ExpandedSchema.isBounded(post(type))).as(type).isTrue();
        }
        assertThat(ExpandedSchema.isBounded(Post.getClassSchema())).isTrue();
    }

    @Test
    void schemaThatContainsItselfIsRead() {
        assertThat(ExpandedSchema.isBounded(new Schema.Parser().parse("""
                {"type": "record", "name": "Tree", "fields": [
                  {"name": "left", "type": ["null", "Tree"]},
                  {"name": "right", "type": ["null", "Tree"]}]}"""))).isTrue();
    }

    @Test
    void itemsWithoutBytesAreBounded() throws IOException {
        Schema writer =
                post("{\"type\": \"array\", \"items\": {\"type\": \"record\", \"name\": \"None\", \"fields\": []}}");
        for (long items :
                new long[] {AvroData.MAX_EMPTY_ITEMS + 1L, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE}) {
            byte[] record = record(writer, encoder -> {
                encoder.writeLong(items);
                encoder.writeLong(0);
            });
            assertRefused(record);
        }
        byte[] many = record(writer, encoder -> {
            for (int block = 0; block < 100_000; block++) {
                encoder.writeLong(AvroData.MAX_EMPTY_ITEMS);
            }
            encoder.writeLong(0);
        });
        assertRefused(many);
    }

    @Test
    void lengthsBeyondTheRecordTakeNoMemory() throws IOException {
        for (String type : List.of(
                "\"string\"",
                "\"bytes\"",
                "{\"type\": \"map\", \"values\": \"int\"}",
                "{\"type\": \"array\", \"items\": \"long\"}")) {
            Schema writer = post(type);
            // Avro skips a text of negative length as one without bytes.
            for (long length : new long[] {1_000, Integer.MAX_VALUE - 9L, Integer.MAX_VALUE, Long.MAX_VALUE}) {
                assertRefused(record(writer, encoder -> encoder.writeLong(length)));
            }
        }
    }

    @Test
    void deepNestingEnds() throws IOException {
        Schema writer = post(
                "{\"type\": \"record\", \"name\": \"Nest\", \"fields\": [{\"name\": \"in\", \"type\": [\"null\", \"Nest\"]}]}");
        assertRefused(record(writer, encoder -> {
            for (int level = 0; level < 1_000_000; level++) {
                encoder.writeIndex(1);
            }
            encoder.writeIndex(0);
        }));
    }

    /** Whatever the bytes are, a record is read or refused; nothing else is thrown, and the two ways to read agree. */
    @Test
    void randomBytesAreReadOrRefused() throws IOException {
        long seed = Long.getLong("kappa.seed", 20_241_130);
        var random = new Random(seed);
        List<byte[]> bases = bases();
        var specific = deserializer();
        var fields = new EncodedFields(registry, Post.getClassSchema(), List.of("postedAt"));
        int read = 0;
        for (int i = 0; i < FUZZED; i++) {
            byte[] bytes = mutated(bases.get(random.nextInt(bases.size())), random);
            boolean located = fields.locate(new RecordHeaders(), bytes, new int[1]);
            try {
                Objects.requireNonNull(specific.deserialize(TOPIC, bytes));
                read++;
            } catch (SerializationException refused) {
                assertThat(located && isText(refused))
                        .as("seed %s, record %s: %s", seed, i, refused)
                        .isFalse();
            }
        }
        assertThat(read).isBetween(FUZZED / 100, FUZZED);
    }

    /** A located record may hold values that only reading finds wrong; bytes that end too soon are not among them. */
    private static boolean isText(SerializationException refused) {
        return String.valueOf(refused.getMessage()).contains("EOF");
    }

    private List<byte[]> bases() throws IOException {
        var bases = new ArrayList<byte[]>();
        bases.add(post());
        for (String type : List.of(
                "\"null\"",
                "{\"type\": \"array\", \"items\": \"null\"}",
                "[\"null\", \"double\", \"bytes\"]",
                "{\"type\": \"map\", \"values\": \"string\"}",
                "{\"type\": \"fixed\", \"name\": \"Big\", \"size\": 30}",
                "{\"type\": \"record\", \"name\": \"Nest\", \"fields\": [{\"name\": \"in\", \"type\": [\"null\", \"Nest\"]}]}")) {
            bases.add(record(post(type), encoder -> encoder.writeLong(0)));
        }
        return bases;
    }

    private static byte[] mutated(byte[] base, Random random) {
        byte[] bytes = random.nextInt(10) == 0 ? Arrays.copyOf(base, random.nextInt(base.length + 20)) : base.clone();
        for (int changes = random.nextInt(4); changes > 0 && bytes.length > 0; changes--) {
            // The frame is left alone mostly: behind it, the payload is read.
            int from = random.nextInt(20) == 0 ? 0 : Math.min(5, bytes.length - 1);
            bytes[from + random.nextInt(bytes.length - from)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private void assertRefused(byte[] record) {
        assertThatThrownBy(() -> deserializer().deserialize(TOPIC, record)).isInstanceOf(SerializationException.class);
        assertThat(new EncodedFields(registry, Post.getClassSchema(), List.of("postedAt"))
                        .locate(new RecordHeaders(), record, new int[1]))
                .isFalse();
    }

    private AvroDeserializer<Post> deserializer() {
        var deserializer = new AvroDeserializer<Post>();
        deserializer.configure(Map.of(AvroSerdeConfig.CLIENT, registry, AvroSerdeConfig.SPECIFIC_READER, true), false);
        return deserializer;
    }

    /** A post as another writer has it, whose first field is of a type that the reader skips. */
    private static Schema post(String type) {
        return new Schema.Parser()
                .parse(Post.getClassSchema()
                        .toString()
                        .replace("\"fields\":[", "\"fields\":[{\"name\":\"skipped\",\"type\":" + type + "},"));
    }

    /** Forty such records in each other have 2^40 values. */
    static Schema doubling(int levels) {
        var inner = new StringBuilder("\"null\"");
        for (int level = 0; level < levels; level++) {
            String name = "R" + level;
            inner.insert(
                            0,
                            "{\"type\": \"record\", \"name\": \"" + name
                                    + "\", \"fields\": [{\"name\": \"a\", \"type\": ")
                    .append("}, {\"name\": \"b\", \"type\": ")
                    .append(level == 0 ? "\"null\"" : "\"R" + (level - 1) + "\"")
                    .append("}]}");
        }
        return new Schema.Parser().parse(inner.toString());
    }

    private byte[] post() {
        var serializer = new AvroSerializer<Post>();
        serializer.configure(Map.of(AvroSerdeConfig.CLIENT, registry), false);
        return Objects.requireNonNull(serializer.serialize(
                TOPIC, new Post("p", "ann", "good news", List.of("a", "b"), Instant.ofEpochMilli(5))));
    }

    private interface Payload {
        void write(BinaryEncoder encoder) throws IOException;
    }

    /** The first field as given; the others are those of a post. */
    private byte[] record(Schema writer, Payload first) throws IOException {
        int id = registry.register(TOPIC + writer.hashCode(), writer);
        var out = new ByteArrayOutputStream();
        out.write(0);
        out.writeBytes(ByteBuffer.allocate(4).putInt(id).array());
        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
        first.write(encoder);
        encoder.flush();
        byte[] post = post();
        out.write(post, WireFormat.HEADER_BYTES, post.length - WireFormat.HEADER_BYTES);
        return out.toByteArray();
    }
}
