package dev.kappa.app.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.app.security.Caller;
import dev.kappa.app.security.FleetSecret;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an instance takes for the answer of another. */
class FleetClientTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PATH = "/internal/instance";

    @TempDir
    Path directory = Path.of("");

    private KappaConfig config(String secret) {
        try {
            var settings = new HashMap<>(Map.of(
                    "kafka.bootstrap.servers", "127.0.0.1:9092", "kafka.schema.registry.url", "http://127.0.0.1:8081"));
            if (!secret.isEmpty()) {
                Path file = Files.writeString(directory.resolve(secret.substring(0, 1)), secret);
                settings.putAll(Map.of(
                        "security.mode", "tokens",
                        "security.tokens-file", "tokens",
                        "security.fleet-secret-file", file.toString()));
            }
            return KappaConfig.of(settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What an instance makes of an answer.
     *
     * @param theirs the secret of the instance that answers
     * @param ours the secret of the one that asks
     * @param change changes the answer on its way
     */
    private String ask(String theirs, String ours, Consumer<Map<String, String>> change) throws IOException {
        var signer = new SignedAnswers(new FleetSecret(config(theirs)), JSON);
        // What a signature needs is loaded before an answer is waited for.
        signer.sign(request("/", "1"), HttpResponse.ok(JSON.createObjectNode()));
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String asked = exchange.getRequestHeaders().getFirst(FleetSecret.HEADER);
            MutableHttpResponse<Object> answer = HttpResponse.<Object>ok(
                            JSON.createObjectNode().put("count", 1))
                    .header("Kappa-Epoch", "7");
            if (asked != null) {
                signer.sign(request(exchange.getRequestURI().toString(), asked), answer);
            }
            Object body = answer.body();
            var parts = new HashMap<>(Map.of(
                    "body",
                    body instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(body),
                    "Kappa-Epoch",
                    "7"));
            if (answer.getHeaders().get(FleetSecret.HEADER) != null) {
                parts.put(FleetSecret.HEADER, answer.getHeaders().get(FleetSecret.HEADER));
            }
            change.accept(parts);
            byte[] sent = Objects.requireNonNull(parts.remove("body")).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            parts.forEach(exchange.getResponseHeaders()::set);
            exchange.sendResponseHeaders(200, sent.length);
            exchange.getResponseBody().write(sent);
            exchange.close();
        });
        server.start();
        KappaConfig config = config(ours);
        var client = new FleetClient(JSON, new FleetSecret(config), config, null);
        try {
            return client.get("127.0.0.1:" + server.getAddress().getPort(), PATH)
                    .toString();
        } finally {
            client.close();
            server.stop(0);
        }
    }

    /** A request of an instance, with a signature. */
    private static HttpRequest<?> request(String path, String signature) {
        return HttpRequest.GET(path).header(FleetSecret.HEADER, signature).setAttribute(Caller.ATTRIBUTE, Caller.FLEET);
    }

    @Test
    void answersOfTheFleetCount() throws IOException {
        String secret = "s".repeat(32);
        assertThat(ask(secret, secret, _ -> {})).isEqualTo("{\"count\":1}");
        assertThat(ask("", "", _ -> {})).isEqualTo("{\"count\":1}");
    }

    @Test
    void answersThatAreInventedChangedOrRepeatedDoNotCount() throws IOException {
        String secret = "s".repeat(32);
        assertNotTaken("t".repeat(32), _ -> {});
        assertNotTaken("", _ -> {});
        assertNotTaken(secret, parts -> parts.put("body", "{\"count\":2}"));
        assertNotTaken(secret, parts -> parts.put("Kappa-Epoch", "8"));
        assertNotTaken(secret, parts -> parts.remove(FleetSecret.HEADER));
        var first = new AtomicReference<String>();
        assertThat(ask(secret, secret, parts -> first.set(parts.get(FleetSecret.HEADER))))
                .isEqualTo("{\"count\":1}");
        assertNotTaken(secret, parts -> parts.put(FleetSecret.HEADER, first.get()));
    }

    private void assertNotTaken(String theirs, Consumer<Map<String, String>> change) {
        assertThatThrownBy(() -> ask(theirs, "s".repeat(32), change))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("without the signature of this fleet");
    }
}
