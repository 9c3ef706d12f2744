package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Requests that make little sense, of every operation that an app describes: each is answered or refused, soon and politely. */
final class Fuzz {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(20);

    private static final List<String> NASTY = List.of(
            "",
            " ",
            "0",
            "-1",
            "1",
            "2",
            "true",
            "null",
            "NaN",
            "1e309",
            "2147483648",
            "9223372036854775808",
            "99999999999999999999",
            "PT1S",
            "PT0S",
            "-PT1S",
            "P99999999999D",
            "2026-01-01T00:00:00Z",
            "-1000000000-01-01T00:00:00Z",
            "+1000000000-12-31T23:59:59Z",
            "2026-13-45",
            "earliest",
            "../../etc/passwd",
            "%2e%2e%2f",
            "a\u0000b",
            "\uD83D\uDE00\u202E",
            "'\"<script>",
            "posts:0:1",
            "posts:99999:1",
            "nowhere:0:1",
            "a,b,,c",
            "{\"a\":",
            "[[[[[[",
            "AAAA",
            "x".repeat(3_000));

    private static final List<String> KNOWN =
            List.of("hashtag-trends", "fraud-alerts", "author-mood", "counts", "alerts", "moods", "history", "kafka");

    private static final List<String> HEADERS = List.of(
            "Last-Event-ID",
            "Kappa-Epoch",
            "Kappa-Forwarded",
            "Kappa-Fleet",
            "Kappa-Operator",
            "X-Request-Id",
            "Origin",
            "Accept",
            "Authorization",
            "Range");

    private final URI app;
    private final Random random;
    private final HttpClient http;

    Fuzz(URI app, long seed, HttpClient http) {
        this.app = app;
        this.random = new Random(seed);
        this.http = http;
    }

    private String any(List<String> texts) {
        return texts.get(random.nextInt(texts.size()));
    }

    private String nasty() {
        return random.nextInt(3) == 0 ? any(KNOWN) : any(NASTY);
    }

    /** Asks for every operation of the description, with known and unknown, sensible and senseless parameters; returns how often. */
    long everyOperation(int times) throws Exception {
        long asked = 0;
        JsonNode document = JSON.readTree(http.send(
                        HttpRequest.newBuilder(app.resolve("/openapi.json")).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body());
        for (Map.Entry<String, JsonNode> path : document.path("paths").properties()) {
            for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
                for (int i = 0; i < times; i++) {
                    asked++;
                    ask(operation.getKey().toUpperCase(java.util.Locale.ROOT), path.getKey(), operation.getValue());
                }
            }
        }
        return asked;
    }

    private void ask(String method, String template, JsonNode operation) throws Exception {
        String path = template;
        while (path.contains("{")) {
            String segment = nasty();
            path = path.substring(0, path.indexOf('{'))
                    + encoded(segment.isEmpty() ? "-" : segment)
                    + path.substring(path.indexOf('}') + 1);
        }
        var query = new ArrayList<String>();
        for (JsonNode parameter : operation.path("parameters")) {
            if (parameter.path("in").asText().equals("query") && random.nextInt(3) == 0) {
                query.add(parameter.path("name").asText() + "=" + encoded(nasty()));
            }
        }
        if (random.nextInt(10) == 0) {
            query.add(encoded(nasty()) + "=" + encoded(nasty()));
        }
        // Waits that are asked for are not to be waited for here.
        query.removeIf(parameter -> parameter.startsWith("maxWait="));
        query.add("maxWait=0");
        if (random.nextInt(4) != 0 || !template.contains("/stores/")) {
            query.removeLast();
        }
        var address = URI.create(app + path + (query.isEmpty() ? "" : "?" + String.join("&", query)));
        var request = HttpRequest.newBuilder(address).timeout(SOON).header("Content-Type", "application/json");
        if (random.nextInt(3) == 0) {
            String value = nasty().replaceAll("[^\\x20-\\x7e]", "?");
            request.header(any(HEADERS), value);
        }
        request.method(
                method,
                method.equals("GET")
                        ? HttpRequest.BodyPublishers.noBody()
                        : HttpRequest.BodyPublishers.ofString(body(operation)));
        HttpResponse<InputStream> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
        assertPolite(method + " " + address, answer);
    }

    /** A body that changes nothing: what it is based on is too old, where it is understood at all. */
    private String body(JsonNode operation) {
        if (random.nextInt(4) == 0) {
            return nasty();
        }
        ObjectNode body = JSON.createObjectNode();
        JsonNode properties = operation.findPath("requestBody").findPath("properties");
        properties.fieldNames().forEachRemaining(name -> {
            if (random.nextBoolean()) {
                switch (random.nextInt(4)) {
                    case 0 -> body.put(name, random.nextLong());
                    case 1 -> body.putArray(name).add(nasty());
                    case 2 -> body.putObject(name).put(nasty(), nasty());
                    default -> body.put(name, nasty());
                }
            }
        });
        body.put("epoch", 1);
        return body.toString();
    }

    private static void assertPolite(String request, HttpResponse<InputStream> answer) throws IOException {
        int status = answer.statusCode();
        assertThat(status).as(request).isNotEqualTo(500);
        try (InputStream body = answer.body()) {
            if (status >= 400) {
                String text = new String(body.readAllBytes(), StandardCharsets.UTF_8);
                assertThat(answer.headers().firstValue("Content-Type"))
                        .as("%s: %d %s", request, status, text)
                        .hasValue("application/problem+json");
                assertThat(text).as(request).doesNotContain("Exception", "at dev.kappa", "java.");
            }
        }
    }

    /** Sends bytes that are hardly requests; the connection ends, or a client's fault is found, and the app lives on. */
    void bytes(int times) throws IOException {
        String good = "GET /api/v1/views HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        for (int i = 0; i < times; i++) {
            byte[] request = good.getBytes(StandardCharsets.ISO_8859_1);
            for (int change = random.nextInt(6); change >= 0; change--) {
                request[random.nextInt(request.length)] = (byte) random.nextInt(256);
            }
            try (var socket = new Socket(app.getHost(), app.getPort())) {
                socket.setSoTimeout((int) SOON.toMillis());
                socket.getOutputStream().write(request);
                socket.shutdownOutput();
                String answer = new String(socket.getInputStream().readNBytes(200), StandardCharsets.ISO_8859_1);
                assertThat(answer)
                        .as(new String(request, StandardCharsets.ISO_8859_1))
                        .doesNotStartWith("HTTP/1.1 500");
            } catch (SocketException closedAtOnce) {
                // As good as any answer to such bytes.
            }
        }
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
