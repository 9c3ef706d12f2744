package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.events.BlockedAuthor;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;

class AvroDeserializerTest {

    private static final String TOPIC = "blocked-authors";
    private static final BlockedAuthor EVENT = new BlockedAuthor("ann", "spam", Instant.ofEpochMilli(5));

    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();

    @Test
    void nullStaysNull() {
        assertThat(specific().deserialize(TOPIC, null)).isNull();
        assertThat(serializer().serialize(TOPIC, null)).isNull();
    }

    @Test
    void bytesThatAreNotOursAreNamed() {
        byte[] json = "{\"author\":\"ann\"}".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> specific().deserialize(TOPIC, json))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining(TOPIC)
                .hasMessageContaining("0x7b");
        assertThatThrownBy(() -> specific().deserialize(TOPIC, new byte[] {0, 0}))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("2 bytes");
    }

    @Test
    void unknownIdIsNamed() {
        assertThatThrownBy(() -> specific().deserialize(TOPIC, new byte[] {0, 0, 0, 0, 99, 1}))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("99");
    }

    @Test
    void recordCutShortIsRejected() {
        byte[] bytes = Objects.requireNonNull(serializer().serialize(TOPIC, EVENT));
        assertThatThrownBy(() -> specific().deserialize(TOPIC, Arrays.copyOf(bytes, bytes.length - 3)))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("schema id 1");
    }

    @Test
    void schemaWithoutAGeneratedClassIsNamed() {
        Schema unknown = SchemaBuilder.record("example.Nobody")
                .fields()
                .requiredString("a")
                .endRecord();
        var record = new GenericData.Record(unknown);
        record.put("a", "x");
        byte[] bytes = genericSerializer().serialize(TOPIC, record);
        assertThatThrownBy(() -> specific().deserialize(TOPIC, bytes))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("example.Nobody");
    }

    @Test
    void recordsOfOtherReleasesAreResolved() {
        // An older writer without "reason", a newer one with "until" and the fields in another order.
        Schema older = SchemaBuilder.record("dev.kappa.events.BlockedAuthor")
                .fields()
                .requiredString("author")
                .requiredLong("blockedAt")
                .endRecord();
        Schema newer = SchemaBuilder.record("dev.kappa.events.BlockedAuthor")
                .fields()
                .requiredLong("until")
                .requiredLong("blockedAt")
                .optionalString("reason")
                .requiredString("author")
                .endRecord();
        var old = new GenericData.Record(older);
        old.put("author", "ann");
        old.put("blockedAt", 5L);
        var young = new GenericData.Record(newer);
        young.put("until", 9L);
        young.put("blockedAt", 5L);
        young.put("reason", "spam");
        young.put("author", "ann");

        assertThat(specific().deserialize(TOPIC, genericSerializer().serialize(TOPIC, old)))
                .isEqualTo(new BlockedAuthor("ann", null, Instant.ofEpochMilli(5)));
        assertThat(specific().deserialize(TOPIC, genericSerializer().serialize(TOPIC, young)))
                .isEqualTo(EVENT);
    }

    @Test
    void genericRecordsCarryLogicalTypes() {
        byte[] bytes = serializer().serialize(TOPIC, EVENT);
        var deserializer = new AvroDeserializer<GenericRecord>();
        deserializer.configure(Map.of(AvroSerdeConfig.CLIENT, registry), false);

        GenericRecord read = deserializer.deserialize(TOPIC, bytes);

        assertThat(read).isNotNull();
        assertThat(read.get("author")).hasToString("ann");
        assertThat(read.get("blockedAt")).isEqualTo(Instant.ofEpochMilli(5));
    }

    @Test
    void recordThatDoesNotFitItsSchemaIsNamed() {
        Schema schema =
                SchemaBuilder.record("example.A").fields().requiredString("a").endRecord();
        assertThatThrownBy(() -> genericSerializer().serialize(TOPIC, new GenericData.Record(schema)))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("example.A");
    }

    private AvroDeserializer<BlockedAuthor> specific() {
        var deserializer = new AvroDeserializer<BlockedAuthor>();
        deserializer.configure(Map.of(AvroSerdeConfig.CLIENT, registry, AvroSerdeConfig.SPECIFIC_READER, true), false);
        return deserializer;
    }

    private AvroSerializer<BlockedAuthor> serializer() {
        var serializer = new AvroSerializer<BlockedAuthor>();
        serializer.configure(Map.of(AvroSerdeConfig.CLIENT, registry), false);
        return serializer;
    }

    private AvroSerializer<GenericRecord> genericSerializer() {
        var serializer = new AvroSerializer<GenericRecord>();
        serializer.configure(Map.of(AvroSerdeConfig.CLIENT, registry), false);
        return serializer;
    }
}
