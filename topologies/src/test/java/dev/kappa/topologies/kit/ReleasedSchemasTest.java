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
                .contains("unit");
    }

    @Test
    void typeMayNotBecomeNarrower() {
        Schema now = SchemaBuilder.record("Count").fields().requiredInt("count").endRecord();
        assertThat(ReleasedSchemas.faults(now, RELEASED))
                .singleElement()
                .asString()
                .contains("count");
    }
}
