package dev.kappa.topologies.kit;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.Test;

class ReleasedSchemasTest {

    private static final Schema RELEASED =
            SchemaBuilder.record("Count").fields().requiredLong("count").endRecord();

    @Test
    void fieldWithDefaultMayBeAdded() {
        Schema now = SchemaBuilder.record("Count")
                .fields()
                .requiredLong("count")
                .optionalString("unit")
                .endRecord();
        assertThat(ReleasedSchemas.faults(now, RELEASED)).isEmpty();
    }

    @Test
    void fieldWithoutDefaultMayNot() {
        Schema now = SchemaBuilder.record("Count")
                .fields()
                .requiredLong("count")
                .requiredString("unit")
                .endRecord();
        assertThat(ReleasedSchemas.faults(now, RELEASED))
                .singleElement()
                .asString()
                .startsWith("Count.unit: ");
    }

    @Test
    void typeMayNotBecomeNarrower() {
        Schema now = SchemaBuilder.record("Count").fields().requiredInt("count").endRecord();
        assertThat(ReleasedSchemas.faults(now, RELEASED))
                .singleElement()
                .asString()
                .startsWith("Count.count: ");
    }

    @Test
    void faultInsideOfFieldsIsNamedByItsPlace() {
        Schema now = SchemaBuilder.record("Counts")
                .fields()
                .name("counts")
                .type()
                .nullable()
                .array()
                .items(SchemaBuilder.record("Count")
                        .fields()
                        .requiredInt("count")
                        .endRecord())
                .noDefault()
                .endRecord();
        Schema released = SchemaBuilder.record("Counts")
                .fields()
                .name("counts")
                .type()
                .array()
                .items(RELEASED)
                .noDefault()
                .endRecord();
        assertThat(ReleasedSchemas.faults(now, released)).first().asString().startsWith("Counts.counts");
    }
}
