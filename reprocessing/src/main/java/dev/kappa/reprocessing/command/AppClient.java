package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/** Asks an instance of the app over HTTP. */
final class AppClient implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** An instance waits a minute for the others before it answers. */
    private static final Duration TIMEOUT = Duration.ofMinutes(3);

    private final String address;
    private final Optional<String> token;
    private final HttpClient http;

    /** Sends requests to the app, at the address and with the credentials of the options. */
    AppClient(GlobalOptions options) {
        String address = options.server();
        this.token = options.token();
        this.address = address.endsWith("/") ? address.substring(0, address.length() - 1) : address;
        HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5));
        if (address.startsWith("https:")) {
            options.tls().ifPresent(builder::sslContext);
        }
        this.http = builder.build();
    }

    /**
     * The answer to a GET request.
     *
     * @param path path below the app's address, already encoded
     * @param query query parameters
     * @throws CommandException when the app cannot be reached, or answers with a problem
     */
    JsonNode get(String path, Map<String, String> query) {
        String queryString = query.entrySet().stream()
                .map(entry -> encode(entry.getKey()) + "=" + encode(entry.getValue()))
                .collect(Collectors.joining("&"));
        return send(path + (queryString.isEmpty() ? "" : "?" + queryString), HttpRequest.Builder::GET);
    }

    /**
     * The answer to a POST request. The audit trail gets the name of the user and the host beside the one of the token.
     *
     * @param path path below the app's address, already encoded
     * @throws CommandException when the app cannot be reached, or answers with a problem
     */
    JsonNode post(String path, JsonNode body) {
        return send(
                path,
                request -> request.header("Content-Type", "application/json")
                        .header("Kappa-Operator", Session.operator().toString())
                        .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
    }

    private JsonNode send(String path, UnaryOperator<HttpRequest.Builder> method) {
        HttpResponse<String> response;
        try {
            HttpRequest.Builder request = method.apply(
                    HttpRequest.newBuilder(URI.create(address + path)).timeout(TIMEOUT));
            token.ifPresent(text -> request.header("Authorization", "Bearer " + text));
            response = http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw CommandException.usage("The app's address " + address + " is not one: " + e.getMessage());
        } catch (IOException e) {
            throw CommandException.unreachable(
                    "The app at " + address + " cannot be reached (" + e + "). Is it running?", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.unreachable("Interrupted while asking the app at " + address, e);
        }
        try {
            JsonNode body = JSON.readTree(response.body());
            if (response.statusCode() / 100 == 2) {
                return body;
            }
            String detail = body.path("detail").asText(response.body());
            throw switch (response.statusCode()) {
                case 400 -> CommandException.usage(detail);
                case 409 -> CommandException.conflict(detail);
                case 503 ->
                    CommandException.unreachable("The app at " + address + " cannot answer now: " + detail, null);
                default -> CommandException.refused(detail);
            };
        } catch (JsonProcessingException e) {
            throw CommandException.refused("The server at " + address + " is not Kappa (status " + response.statusCode()
                    + ", no JSON). Check --server.");
        }
    }

    /** Percent-encodes a path segment. */
    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public void close() {
        http.close();
    }
}
