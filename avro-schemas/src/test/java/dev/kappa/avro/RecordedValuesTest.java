package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.kappa.avro.json.AvroJson;
import dev.kappa.events.Reading;
import dev.kappa.events.Transaction;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bytes that clients of other languages have written, recorded by {@code src/test/recorder}, each with the values that were
 * written. A registry answers with the writers' schemas as they are.
 */
class RecordedValuesTest {

    private static final Path RECORDED = Path.of("src/test/resources/recorded/values.jsonl");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> answers = new HashMap<>();
    private static HttpServer server = bound();

    private static HttpServer bound() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeAll
    static void start() {
        server.createContext("/", exchange -> {
            String answer = answers.get(exchange.getRequestURI().getPath());
            byte[] body = (answer == null ? "[]" : answer).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterAll
    static void stop() {
        server.stop(0);
    }

    static Stream<Arguments> recorded() throws IOException {
        return Files.readAllLines(RECORDED).stream()
                .map(RecordedValuesTest::parsed)
                .map(line -> Arguments.argumentSet(
                        line.path("client").asText() + ", " + line.path("case").asText(), line));
    }

    private static JsonNode parsed(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void valuesAreReadAsTheyWereWritten(JsonNode line) throws Exception {
        byte @Nullable [] value = bytes(line.path("valueHex"));
        answer(line, value);
        var headers = new RecordHeaders();
        line.path("headersHex").properties().forEach(header -> headers.add(header.getKey(), bytes(header.getValue())));
        Class<? extends SpecificRecord> type = line.path("expected").has("amount") ? Transaction.class : Reading.class;

        if (line.path("case").asText().equals("schema-made-up")) {
            // The client made a schema up, in which a time is a float: that is not an exact time.
            assertThatThrownBy(() -> read(type, headers, value)).isInstanceOf(SerializationException.class);
            return;
        }
        if (new BigDecimal(line.path("expected").path("amount").asText("0"))
                        .stripTrailingZeros()
                        .scale()
                > 2) {
            assertThatThrownBy(() -> read(type, headers, value)).hasMessageContaining("no decimal of scale 2");
            return;
        }
        SpecificRecord read = read(type, headers, value);
        if (value == null) {
            assertThat(read).isNull();
            return;
        }
        assertThat(read).isNotNull();
        assertThat(AvroJson.toJson(read.getSchema(), read)).isEqualTo(expected(line));
    }

    /** What was written, in the units and with the scale of the generated class. */
    private static JsonNode expected(JsonNode line) {
        ObjectNode expected = line.path("expected").deepCopy();
        expected.remove("place");
        expected.put(
                "at",
                instant(expected.path("at").asText())
                        .truncatedTo(ChronoUnit.MILLIS)
                        .toString());
        if (expected.has("amount")) {
            expected.put(
                    "amount",
                    new BigDecimal(expected.path("amount").asText()).setScale(2).toPlainString());
        }
        return expected;
    }

    private static Instant instant(String text) {
        return text.endsWith("Z")
                ? Instant.parse(text)
                : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    }

    private static @Nullable SpecificRecord read(
            Class<? extends SpecificRecord> type, RecordHeaders headers, byte @Nullable [] value) {
        var deserializer = new AvroDeserializer<SpecificRecord>();
        deserializer.configure(
                Map.of(
                        AvroSerdeConfig.URL,
                        "http://127.0.0.1:" + server.getAddress().getPort(),
                        AvroSerdeConfig.SPECIFIC_READER,
                        true,
                        AvroSerdeConfig.SPECIFIC_VALUE_TYPE,
                        type),
                false);
        try (deserializer) {
            return deserializer.deserialize("recorded", headers, value);
        }
    }

    /** Has the registry know the writer's schema and those it refers to. */
    private static void answer(JsonNode line, byte @Nullable [] value) {
        ObjectNode schema = JSON.createObjectNode();
        schema.put("schema", line.path("writerSchema").toString());
        if (line.has("references")) {
            var references = schema.putArray("references");
            line.path("references").forEach(reference -> {
                references
                        .addObject()
                        .put("name", reference.path("name").asText())
                        .put("subject", reference.path("subject").asText())
                        .put("version", reference.path("version").asInt());
                answers.put(
                        "/subjects/" + reference.path("subject").asText() + "/versions/"
                                + reference.path("version").asInt(),
                        JSON.createObjectNode()
                                .put("schema", reference.path("schema").toString())
                                .toString());
            });
        }
        if (line.has("guid")) {
            answers.put("/schemas/guids/" + line.path("guid").path("value").asText(), schema.toString());
        } else if (value != null) {
            answers.put("/schemas/ids/" + ByteBuffer.wrap(value, 1, 4).getInt(), schema.toString());
        }
    }

    private static byte @Nullable [] bytes(JsonNode hex) {
        return hex.isTextual() ? HexFormat.of().parseHex(hex.asText()) : null;
    }
}
