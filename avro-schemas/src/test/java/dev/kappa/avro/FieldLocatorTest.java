package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.EncoderFactory;
import org.junit.jupiter.api.Test;

class FieldLocatorTest {

    private static final Schema ALL = new Schema.Parser().parse("""
            {"type": "record", "name": "All", "fields": [
              {"name": "nothing", "type": "null"},
              {"name": "flag", "type": "boolean"},
              {"name": "whole", "type": "int"},
              {"name": "ratio", "type": "float"},
              {"name": "precise", "type": "double"},
              {"name": "raw", "type": "bytes"},
              {"name": "code", "type": {"type": "fixed", "name": "Code", "size": 3}},
              {"name": "colour", "type": {"type": "enum", "name": "Colour", "symbols": ["RED", "BLUE"]}},
              {"name": "maybe", "type": ["null", "string", "long"]},
              {"name": "inner", "type": {"type": "record", "name": "Inner", "fields": [{"name": "x", "type": "long"}]}},
              {"name": "list", "type": {"type": "array", "items": "string"}},
              {"name": "map", "type": {"type": "map", "values": "Inner"}},
              {"name": "text", "type": "string"},
              {"name": "time", "type": "long"}]}""");

    private final Random random = new Random(1);

    @Test
    void findsWhatAvroHasWritten() throws IOException {
        FieldLocator locator = FieldLocator.of(ALL, List.of("time", "text")).orElseThrow();
        int[] found = new int[2];
        for (int i = 0; i < 500; i++) {
            GenericData.Record record = record();
            byte[] bytes = bytes(record, i % 2 == 0);
            assertThat(locator.locate(bytes, 0, found)).isTrue();
            assertThat(FieldLocator.number(bytes, found[0])).isEqualTo(record.get("time"));
            String text = record.get("text").toString();
            assertThat(FieldLocator.isText(bytes, found[1], text.getBytes(StandardCharsets.UTF_8)))
                    .isTrue();
            assertThat(FieldLocator.isText(bytes, found[1], (text + "x").getBytes(StandardCharsets.UTF_8)))
                    .isFalse();
            assertThat(FieldLocator.isText(bytes, found[1], "another".getBytes(StandardCharsets.UTF_8)))
                    .isFalse();
        }
    }

    @Test
    void acceptsNothingThatIsCutOffOrHasMore() throws IOException {
        FieldLocator locator = FieldLocator.of(ALL, List.of("time")).orElseThrow();
        int[] found = new int[1];
        byte[] bytes = bytes(record(), true);
        for (int length = 0; length < bytes.length; length++) {
            assertThat(locator.locate(Arrays.copyOf(bytes, length), 0, found)).isFalse();
        }
        assertThat(locator.locate(Arrays.copyOf(bytes, bytes.length + 1), 0, found))
                .isFalse();
    }

    /** Whatever the bytes are, it ends, and it throws nothing. */
    @Test
    void endsOnGarbage() throws IOException {
        FieldLocator locator = FieldLocator.of(ALL, List.of("time")).orElseThrow();
        int[] found = new int[1];
        for (int i = 0; i < 5_000; i++) {
            byte[] bytes = bytes(record(), i % 2 == 0);
            for (int flips = 0; flips <= i % 4; flips++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            if (locator.locate(bytes, 0, found)) {
                assertThat(found[0]).isBetween(0, bytes.length - 1);
            }
        }
    }

    @Test
    void knowsWhatItCannotFind() {
        assertThat(FieldLocator.of(ALL, List.of("missing"))).isEmpty();
        Schema tree = new Schema.Parser()
                .parse("{\"type\": \"record\", \"name\": \"Tree\", \"fields\": [{\"name\": \"next\", \"type\":"
                        + " [\"null\", \"Tree\"]}]}");
        assertThat(FieldLocator.of(tree, List.of("next"))).isEmpty();
    }

    private GenericData.Record record() {
        var record = new GenericData.Record(ALL);
        record.put("flag", random.nextBoolean());
        record.put("whole", random.nextInt());
        record.put("ratio", random.nextFloat());
        record.put("precise", random.nextDouble());
        record.put("raw", ByteBuffer.wrap(new byte[random.nextInt(200)]));
        record.put("code", new GenericData.Fixed(ALL.getField("code").schema(), new byte[] {1, 2, 3}));
        record.put("colour", new GenericData.EnumSymbol(ALL.getField("colour").schema(), "BLUE"));
        record.put(
                "maybe",
                switch (random.nextInt(3)) {
                    case 0 -> null;
                    case 1 -> text();
                    default -> random.nextLong();
                });
        record.put("inner", inner());
        List<String> list = new ArrayList<>();
        Map<String, Object> map = new HashMap<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            list.add(text());
            map.put(text(), inner());
        }
        record.put("list", list);
        record.put("map", map);
        record.put("text", text());
        record.put("time", random.nextLong());
        return record;
    }

    private GenericData.Record inner() {
        var inner = new GenericData.Record(ALL.getField("inner").schema());
        inner.put("x", random.nextLong());
        return inner;
    }

    private String text() {
        return "grüße".repeat(random.nextInt(30)) + random.nextInt();
    }

    /** Blocks of arrays and maps may say how long they are. */
    private static byte[] bytes(GenericData.Record record, boolean blocksWithSizes) throws IOException {
        var out = new ByteArrayOutputStream();
        var encoder = blocksWithSizes
                ? EncoderFactory.get().blockingBinaryEncoder(out, null)
                : EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<>(ALL).write(record, encoder);
        encoder.flush();
        return out.toByteArray();
    }
}
