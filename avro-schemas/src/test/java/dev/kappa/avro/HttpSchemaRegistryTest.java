package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import org.apache.avro.Schema;
import org.apache.kafka.common.errors.SerializationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How the client behaves towards a registry that misbehaves; that it speaks the protocol is shown with a real one. */
class HttpSchemaRegistryTest {

    private record Answer(int status, String body) {}

    private static final Answer UNAVAILABLE = new Answer(503, "{\"message\":\"starting\"}");
    private static final Answer STRING_SCHEMA = new Answer(200, "{\"schema\":\"\\\"string\\\"\"}");

    private final Queue<Answer> answers = new ArrayDeque<>();
    private final List<String> requests = new ArrayList<>();
    private final List<String> authorizations = new ArrayList<>();
    private HttpServer server = bound();

    private static HttpServer bound() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void start() {
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            Answer answer = new Answer(200, "[]");
            if (!path.equals("/subjects")) {
                requests.add(exchange.getRequestMethod() + " " + path);
                authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
                answer = answers.isEmpty() ? UNAVAILABLE : answers.remove();
            }
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void registryThatComesBackIsWaitedFor() {
        answers.addAll(List.of(UNAVAILABLE, UNAVAILABLE, STRING_SCHEMA));
        try (var registry = registry(Map.of())) {
            assertThat(registry.byId(1)).isEqualTo(Schema.create(Schema.Type.STRING));
            assertThat(requests).hasSize(3);
        }
    }

    @Test
    void registryThatStaysAwayIsGivenUpAndNamed() {
        server.stop(0);
        try (var registry = registry(Map.of())) {
            assertThatThrownBy(() -> registry.byId(1))
                    .isInstanceOf(SchemaRegistryUnavailableException.class)
                    .hasMessageContaining(registry.address())
                    .hasMessageContaining("4 attempts")
                    .hasMessageContaining("schema id 1");
        }
    }

    @Test
    void whatTheRegistrySaysNoToIsNotAskedAgain() {
        answers.add(new Answer(404, "{\"error_code\":40403,\"message\":\"Schema not found\"}"));
        try (var registry = registry(Map.of())) {
            assertThatThrownBy(() -> registry.byId(7))
                    .isInstanceOf(SerializationException.class)
                    .hasMessageContaining("schema id 7")
                    .hasMessageContaining("Schema not found");
            assertThatThrownBy(() -> registry.byId(7))
                    .isInstanceOf(SerializationException.class)
                    .hasMessageContaining("Schema not found");
            assertThat(requests).hasSize(1);
        }
    }

    @Test
    void schemaThatGrowsExponentiallyIsTheFaultOfTheRecord() throws Exception {
        String schema = HostileAvroTest.doubling(40).toString();
        answers.add(new Answer(
                200, new ObjectMapper().createObjectNode().put("schema", schema).toString()));
        try (var registry = registry(Map.of())) {
            assertThatThrownBy(() -> registry.byId(7))
                    .isInstanceOf(SerializationException.class)
                    .hasMessageContaining("schema id 7")
                    .hasMessageContaining("more than 100000 parts");
        }
    }

    /** Were they the record's fault, a wrong password would empty a topic into the dead letters. */
    @Test
    void refusalsAreNotTheFaultOfARecord() {
        for (int status : new int[] {401, 403, 404, 409, 422}) {
            answers.add(new Answer(status, "<html>no</html>"));
            try (var registry = registry(Map.of())) {
                assertThatThrownBy(() -> registry.byId(7))
                        .isInstanceOfSatisfying(SchemaRegistryException.class, e -> {
                            assertThat(e.status()).isEqualTo(status);
                            assertThat(e.isNotFound()).isFalse();
                        })
                        .isNotInstanceOf(SerializationException.class);
            }
        }
    }

    @Test
    void schemasAndIdsAreAskedForOnce() {
        answers.addAll(List.of(STRING_SCHEMA, new Answer(200, "{\"id\":4}")));
        try (var registry = registry(Map.of())) {
            Schema schema = registry.byId(1);
            registry.byId(1);
            assertThat(registry.register("s", schema)).isEqualTo(4);
            assertThat(registry.register("s", schema)).isEqualTo(4);
            assertThat(requests).containsExactly("GET /schemas/ids/1", "POST /subjects/s/versions");
        }
    }

    @Test
    void credentialsAreSentAndNeverShown() {
        answers.add(STRING_SCHEMA);
        try (var registry = registry(Map.of(
                AvroSerdeConfig.BASIC_AUTH_SOURCE, "USER_INFO", AvroSerdeConfig.BASIC_AUTH_USER_INFO, "ann:secret"))) {
            registry.byId(1);
            assertThat(authorizations).containsExactly("Basic YW5uOnNlY3JldA==");
            assertThat(registry.address()).doesNotContain("secret");
        }
    }

    @Test
    void credentialsInTheAddressAreTakenOutOfIt() {
        answers.add(STRING_SCHEMA);
        try (var registry = registry(Map.of(
                AvroSerdeConfig.URL,
                "http://ann:secret@127.0.0.1:" + server.getAddress().getPort()))) {
            registry.byId(1);
            assertThat(authorizations).containsExactly("Basic YW5uOnNlY3JldA==");
            assertThat(registry.address()).doesNotContain("secret");
        }
    }

    @Test
    void referencesAreReadBeforeWhatRefersToThem() {
        answers.addAll(List.of(
                new Answer(
                        200,
                        "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"A\\\",\\\"fields\\\":[{\\\"name\\\":\\\"b\\\",\\\"type\\\":\\\"x.B\\\"}]}\","
                                + "\"references\":[{\"name\":\"x.B\",\"subject\":\"b\",\"version\":2}]}"),
                new Answer(
                        200,
                        "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"x.B\\\",\\\"fields\\\":[]}\"}")));
        try (var registry = registry(Map.of())) {
            assertThat(registry.byId(1).getField("b").schema().getFullName()).isEqualTo("x.B");
            assertThat(requests).containsExactly("GET /schemas/ids/1", "GET /subjects/b/versions/2");
        }
    }

    /** Bytes that are none may look like a GUID; not every registry knows of them. */
    @Test
    void guidThatTheRegistryDoesNotKnowIsTheRecordsFault() {
        answers.add(new Answer(404, "<html>no such page</html>"));
        try (var registry = registry(Map.of())) {
            assertThatThrownBy(() -> registry.byGuid(new UUID(1, 2))).isInstanceOf(SerializationException.class);
        }
    }

    @Test
    void schemaWhoseRulesChangeValuesIsRefused() {
        answers.add(
                new Answer(
                        200,
                        "{\"schema\":\"\\\"string\\\"\",\"ruleSet\":{\"domainRules\":[{\"name\":\"encrypt\",\"kind\":\"TRANSFORM\",\"type\":\"ENCRYPT\"}]}}"));
        try (var registry = registry(Map.of())) {
            assertThatThrownBy(() -> registry.byId(1))
                    .isInstanceOf(SerializationException.class)
                    .hasMessageContaining("encrypt");
        }
    }

    @Test
    void nextAddressIsTriedWhenOneIsAway() {
        answers.add(STRING_SCHEMA);
        String alive = "http://127.0.0.1:" + server.getAddress().getPort();
        try (var registry = registry(Map.of(AvroSerdeConfig.URL, "http://127.0.0.1:1," + alive))) {
            assertThat(registry.byId(1)).isEqualTo(Schema.create(Schema.Type.STRING));
        }
    }

    private HttpSchemaRegistry registry(Map<String, String> more) {
        var settings = new HashMap<String, String>(Map.of(
                AvroSerdeConfig.URL, "http://127.0.0.1:" + server.getAddress().getPort(),
                AvroSerdeConfig.MAX_RETRIES, "3",
                AvroSerdeConfig.RETRY_WAIT_MS, "1"));
        settings.putAll(more);
        return new HttpSchemaRegistry(AvroSerdeConfig.from(settings));
    }
}
