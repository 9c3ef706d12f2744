package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.avro.WireFormat.SchemaReference;
import org.junit.jupiter.api.Test;

class UnreadableSchemasTest {

    private final UnreadableSchemas schemas = new UnreadableSchemas();

    @Test
    void findingIsForgottenAfterItsLifetime() {
        var schema = new SchemaReference.Id(7);
        schemas.found(schema, "not there", 5);
        long end = 5 + UnreadableSchemas.LIFETIME.toNanos();
        assertThat(schemas.reason(schema, end)).contains("not there");
        assertThat(schemas.reason(schema, end + 1)).isEmpty();
        assertThat(schemas.reason(schema, end)).isEmpty();
    }

    @Test
    void oldestFindingsMakeRoom() {
        for (int id = 0; id < 10_001; id++) {
            schemas.found(new SchemaReference.Id(id), "not there", 0);
        }
        assertThat(schemas.reason(new SchemaReference.Id(0), 0)).isEmpty();
        assertThat(schemas.reason(new SchemaReference.Id(1), 0)).isPresent();
        assertThat(schemas.reason(new SchemaReference.Id(10_000), 0)).isPresent();
    }
}
