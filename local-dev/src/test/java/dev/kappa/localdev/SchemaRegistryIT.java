package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.avro.AvroSerde;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.avro.SchemaRegistryException;
import dev.kappa.events.Post;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The serde against the real Apicurio registry. */
class SchemaRegistryIT {

    @Test
    void serdeWorksWithApicurioAndItsIdsSurviveACrash(@TempDir Path directory) throws Exception {
        var post = new Post("p", "ann", null, List.of("a"), Instant.ofEpochMilli(5));
        Schema other = SchemaBuilder.record("example.Other")
                .fields()
                .requiredString("a")
                .endRecord();
        try (var cluster = new LocalCluster(directory)) {
            cluster.startRegistry();
            byte[] bytes;
            try (AvroSerde<Post> serde = serde(cluster.registry())) {
                bytes = serde.serializer().serialize("posts", post);
                assertThat(serde.deserializer().deserialize("posts", bytes)).isEqualTo(post);
            }
            try (SchemaRegistry registry = registry(cluster.registry())) {
                assertThat(registry.latest("posts-value").schema()).isEqualTo(Post.getClassSchema());
                assertThat(registry.idOf("posts-value", Post.getClassSchema()))
                        .isEqualTo(registry.register("posts-value", Post.getClassSchema()));
                assertThatThrownBy(() -> registry.byId(424242)).isInstanceOf(SerializationException.class);
                assertThatThrownBy(() -> registry.latest("nothing-value"))
                        .isInstanceOfSatisfying(
                                SchemaRegistryException.class,
                                e -> assertThat(e.isNotFound()).isTrue());
                assertThatThrownBy(() -> registry.idOf("posts-value", other))
                        .isInstanceOf(SchemaRegistryException.class);
            }

            cluster.schemaRegistry().kill();
            cluster.startRegistry();

            // By the address of the API too, which is what other Confluent-compatible clients are given.
            try (AvroSerde<Post> serde = serde(cluster.registry() + "/apis/ccompat/v7")) {
                assertThat(serde.deserializer().deserialize("posts", bytes)).isEqualTo(post);
                assertThat(serde.serializer().serialize("posts", post)).isEqualTo(bytes);
            }
        }
    }

    private static SchemaRegistry registry(String address) {
        return new HttpSchemaRegistry(AvroSerdeConfig.from(Map.of(AvroSerdeConfig.URL, address)));
    }

    private static AvroSerde<Post> serde(String address) {
        var serde = new AvroSerde<Post>();
        serde.configure(Map.of(AvroSerdeConfig.URL, address, AvroSerdeConfig.SPECIFIC_READER, true), false);
        return serde;
    }
}
