package dev.kappa.avro.json;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.events.Post;
import dev.kappa.results.FraudAlert;
import dev.kappa.results.FraudRule;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.junit.jupiter.api.Test;

class AvroJsonTest {

    @Test
    void recordBecomesAnObjectWithReadableLogicalTypes() {
        var alert = new FraudAlert(
                "ann",
                List.of(FraudRule.BURST, FraudRule.LOCATION),
                new BigDecimal("1200000.50"),
                51.5,
                Instant.parse("2026-01-01T00:00:00Z"));
        assertThat(AvroJson.toJson(alert.getSchema(), alert))
                .hasToString("{\"customer\":\"ann\",\"rules\":[\"BURST\",\"LOCATION\"],\"amount\":\"1200000.50\","
                        + "\"distanceKm\":51.5,\"at\":\"2026-01-01T00:00:00Z\"}");
    }

    @Test
    void nullOfAUnionIsNull() {
        var post = new Post("p", null, null, List.of(), Instant.EPOCH);
        assertThat(AvroJson.toJson(post.getSchema(), post))
                .hasToString("{\"postId\":\"p\",\"author\":null,\"text\":null,\"hashtags\":[],"
                        + "\"createdAt\":\"1970-01-01T00:00:00Z\"}");
    }

    @Test
    void rawLogicalTypesAreConverted() {
        Schema schema = SchemaBuilder.record("A")
                .fields()
                .name("time")
                .type(LogicalTypes.timestampMillis().addToSchema(Schema.create(Schema.Type.LONG)))
                .noDefault()
                .name("amount")
                .type(LogicalTypes.decimal(4, 2).addToSchema(Schema.create(Schema.Type.BYTES)))
                .noDefault()
                .endRecord();
        var record = new GenericData.Record(schema);
        record.put("time", 1L);
        record.put("amount", ByteBuffer.wrap(new byte[] {4, (byte) 0xD2}));
        assertThat(AvroJson.toJson(schema, record))
                .hasToString("{\"time\":\"1970-01-01T00:00:00.001Z\",\"amount\":\"12.34\"}");
    }

    @Test
    void whatJsonCannotHoldIsText() {
        assertThat(AvroJson.toJson(Schema.create(Schema.Type.DOUBLE), Double.NaN))
                .hasToString("\"NaN\"");
        assertThat(AvroJson.toJson(Schema.create(Schema.Type.BYTES), ByteBuffer.wrap(new byte[] {1, 2})))
                .hasToString("\"AQI=\"");
    }

    @Test
    void valueOfALargerUnionStandsAlone() {
        Schema union = SchemaBuilder.unionOf()
                .nullType()
                .and()
                .stringType()
                .and()
                .longType()
                .endUnion();
        Schema map = Schema.createMap(union);
        assertThat(AvroJson.toJson(map, Map.of("a", 1L))).hasToString("{\"a\":1}");
        assertThat(AvroJson.toJson(map, Map.of("a", "x"))).hasToString("{\"a\":\"x\"}");
    }
}
