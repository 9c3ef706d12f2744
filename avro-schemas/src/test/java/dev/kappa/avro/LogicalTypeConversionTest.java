package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.events.Transaction;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class LogicalTypeConversionTest {

    private static final Schema STRING = Schema.create(Schema.Type.STRING);
    private static final Instant AT = Instant.parse("2024-03-01T12:00:00.123Z");
    private static final long MILLIS = AT.toEpochMilli();
    private static final Schema MILLIS_TYPE =
            LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG));

    private final InMemorySchemaRegistry registry = new InMemorySchemaRegistry();

    static Stream<Arguments> times() {
        return Stream.of(
                Arguments.of("timestamp-millis", MILLIS),
                Arguments.of("timestamp-micros", MILLIS * 1_000 + 999),
                Arguments.of("timestamp-nanos", MILLIS * 1_000_000 + 999_999),
                Arguments.of("local-timestamp-millis", MILLIS),
                Arguments.of("local-timestamp-micros", MILLIS * 1_000),
                Arguments.of("local-timestamp-nanos", MILLIS * 1_000_000));
    }

    @ParameterizedTest
    @MethodSource("times")
    void timesAreReadInTheUnitTheyWereWrittenIn(String logicalType, long written) {
        Schema at = new Schema.Parser().parse("{\"type\":\"long\",\"logicalType\":\"" + logicalType + "\"}");

        Transaction read = read(transaction(decimal(14, 2), at), amount("12.34"), written);

        assertThat(read.getAt()).isEqualTo(AT);
        assertThat(read.getAmount()).isEqualByComparingTo("12.34");
    }

    @Test
    void timesBeforeTheEpochAreRoundedDown() {
        Schema micros = LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG));

        assertThat(read(transaction(decimal(14, 2), micros), amount("1.00"), -1L)
                        .getAt())
                .isEqualTo(Instant.ofEpochMilli(-1));
    }

    @Test
    void numbersWithoutALogicalTypeAreTakenAsTheyAre() {
        assertThat(read(transaction(decimal(14, 2), Schema.create(Schema.Type.LONG)), amount("1.00"), MILLIS)
                        .getAt())
                .isEqualTo(AT);
    }

    @Test
    void decimalsAreRescaledExactly() {
        assertThat(read(transaction(decimal(14, 4), MILLIS_TYPE), amount("12.3400"), MILLIS)
                        .getAmount())
                .isEqualTo(new BigDecimal("12.34"));
        assertThat(read(transaction(decimal(10, 0), MILLIS_TYPE), amount("12"), MILLIS)
                        .getAmount())
                .isEqualTo(new BigDecimal("12.00"));
        assertThat(read(transaction(decimal(14, 4), MILLIS_TYPE), amount("-0.0100"), MILLIS)
                        .getAmount())
                .isEqualTo(new BigDecimal("-0.01"));
    }

    @Test
    void decimalsInFixedBytesAreReadAsDecimalsInBytes() {
        Schema fixed = LogicalTypes.decimal(14, 3).addToSchema(Schema.createFixed("Amount", null, "x", 8));
        byte[] bytes = ByteBuffer.allocate(8).putLong(12_340).array();

        assertThat(read(transaction(fixed, MILLIS_TYPE), new GenericData.Fixed(fixed, bytes), MILLIS)
                        .getAmount())
                .isEqualTo(new BigDecimal("12.34"));
    }

    @Test
    void inexactDecimalsAreRefused() {
        assertThatThrownBy(() -> read(transaction(decimal(14, 4), MILLIS_TYPE), amount("12.3456"), MILLIS))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("amount is 12.3456")
                .hasMessageContaining("scale 2");
        assertThatThrownBy(() -> read(transaction(decimal(14, 0), MILLIS_TYPE), amount("99999999999999"), MILLIS))
                .isInstanceOf(SerializationException.class)
                .hasMessageContaining("more than 14 digits");
    }

    @Test
    void valuesWithoutAnExactMeaningAreRefused() {
        assertThatThrownBy(() -> read(transaction(STRING, MILLIS_TYPE), "12.34", MILLIS))
                .hasMessageContaining("amount is written as string without a logical type");
        assertThatThrownBy(() -> read(transaction(Schema.create(Schema.Type.BYTES), MILLIS_TYPE), amount("1"), MILLIS))
                .hasMessageContaining("amount is written as bytes without a logical type");
        Schema date = LogicalTypes.date().addToSchema(Schema.create(Schema.Type.INT));
        assertThatThrownBy(() -> read(transaction(decimal(14, 2), date), amount("1.00"), 19_783))
                .hasMessageContaining("at is written as int date");
        assertThatThrownBy(() ->
                        read(transaction(decimal(14, 2), Schema.create(Schema.Type.INT)), amount("1.00"), 1_709_294))
                .hasMessageContaining("at is written as int without");
    }

    @Test
    void timesInListsMapsAndUnionsAreConvertedToo() {
        Schema micros = LogicalTypes.timestampMicros().addToSchema(Schema.create(Schema.Type.LONG));
        Schema writer = nested(micros);
        Schema reader = nested(MILLIS_TYPE);
        var inner = new GenericData.Record(
                writer.getField("one").schema().getTypes().get(1));
        inner.put("at", MILLIS * 1_000);
        var record = new GenericData.Record(writer);
        record.put("one", inner);
        record.put("many", List.of(MILLIS * 1_000, 0L));
        record.put("named", Map.of("a", 5_000L));

        var deserializer = new AvroDeserializer<GenericRecord>(reader);
        deserializer.configure(Map.of(AvroSerdeConfig.CLIENT, registry), false);
        GenericRecord read = deserializer.deserialize("t", serialized(record));

        assertThat(read).isNotNull();
        assertThat(((GenericRecord) read.get("one")).get("at")).isEqualTo(AT);
        assertThat(read.get("many")).isEqualTo(List.of(AT, Instant.EPOCH));
        assertThat(read.get("named")).hasToString("{a=" + Instant.ofEpochMilli(5) + "}");
    }

    private static Schema nested(Schema at) {
        Schema inner = SchemaBuilder.record("x.Inner")
                .fields()
                .name("at")
                .type(at)
                .noDefault()
                .endRecord();
        return SchemaBuilder.record("x.Outer")
                .fields()
                .name("one")
                .type(Schema.createUnion(Schema.create(Schema.Type.NULL), inner))
                .noDefault()
                .name("many")
                .type(Schema.createArray(at))
                .noDefault()
                .name("named")
                .type(Schema.createMap(at))
                .noDefault()
                .endRecord();
    }

    private static Schema decimal(int precision, int scale) {
        return LogicalTypes.decimal(precision, scale).addToSchema(Schema.create(Schema.Type.BYTES));
    }

    /** The bytes that a decimal of that text has, without its scale. */
    private static ByteBuffer amount(String text) {
        return ByteBuffer.wrap(new BigInteger(text.replace(".", "")).toByteArray());
    }

    private static Schema transaction(Schema amount, Schema at) {
        return SchemaBuilder.record("dev.kappa.events.Transaction")
                .fields()
                .requiredString("transactionId")
                .requiredString("customer")
                .name("amount")
                .type(amount)
                .noDefault()
                .name("at")
                .type(at)
                .noDefault()
                .endRecord();
    }

    private Transaction read(Schema writer, Object amount, Object at) {
        var record = new GenericData.Record(writer);
        record.put("transactionId", "1");
        record.put("customer", "ann");
        record.put("amount", amount);
        record.put("at", at);
        var deserializer = new AvroDeserializer<Transaction>();
        deserializer.configure(
                Map.of(
                        AvroSerdeConfig.CLIENT,
                        registry,
                        AvroSerdeConfig.SPECIFIC_READER,
                        true,
                        AvroSerdeConfig.SPECIFIC_VALUE_TYPE,
                        Transaction.class),
                false);
        return Objects.requireNonNull(deserializer.deserialize("transactions", serialized(record)));
    }

    private byte[] serialized(GenericRecord record) {
        var serializer = new AvroSerializer<GenericRecord>();
        serializer.configure(Map.of(AvroSerdeConfig.CLIENT, registry), false);
        return Objects.requireNonNull(serializer.serialize("transactions", record));
    }
}
