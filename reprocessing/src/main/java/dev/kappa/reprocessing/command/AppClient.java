package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/** Asks an instance of the app over HTTP. */
final class AppClient implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Duration READ_TIMEOUT = Duration.ofMinutes(1);

    /** An instance waits for the others, up to a minute for each step, before it answers. */
    private static final Duration CHANGE_TIMEOUT = Duration.ofMinutes(3);

    private final String address;
    private final GlobalOptions options;
    private final HttpClient http;

    /** Sends requests to the app, at the address and with the credentials of the options. */
    AppClient(GlobalOptions options) {
        String address = options.server();
        this.options = options;
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
        String target = path + (queryString.isEmpty() ? "" : "?" + queryString);
        try {
            return answer(send(request(target).timeout(READ_TIMEOUT).GET()));
        } catch (IOException e) {
            throw unreachable(e);
        }
    }

    /**
     * The answer to a POST request. The audit trail gets the name of the user and the host beside the one of the token.
     *
     * @param path path below the app's address, already encoded
     * @throws CommandException when the app cannot be reached, or answers with a problem
     */
    JsonNode post(String path, JsonNode body) {
        HttpRequest.Builder request = request(path)
                .timeout(CHANGE_TIMEOUT)
                .header("Content-Type", "application/json")
                // Headers are ASCII.
                .header("Kappa-Operator", Session.operator().toString().replaceAll("[^\\x20-\\x7e]", "?"))
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        try {
            return answer(send(request));
        } catch (ConnectException | HttpConnectTimeoutException e) {
            throw unreachable(e);
        } catch (IOException e) {
            throw CommandException.unreachable(
                    "The app at " + address + " has not answered (" + e
                            + "). It may have done what it was asked to; look before you repeat the command.",
                    e);
        }
    }

    private HttpRequest.Builder request(String target) {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + target));
            // A token may have been replaced while the command waits.
            options.token().ifPresent(text -> request.header("Authorization", "Bearer " + text));
            return request;
        } catch (IllegalArgumentException e) {
            throw CommandException.usage("The app's address " + address + " is not one: " + e.getMessage());
        }
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws IOException {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandException.unreachable("Interrupted while asking the app at " + address, e);
        }
    }

    private JsonNode answer(HttpResponse<String> response) {
        try {
            JsonNode body = JSON.readTree(response.body());
            if (response.statusCode() / 100 == 2) {
                return body;
            }
            String detail = body.path("detail").asText(response.body());
            throw switch (response.statusCode()) {
                case 400 -> CommandException.usage(detail);
                case 409 -> CommandException.conflict(detail);
                case 429, 503 ->
                    CommandException.unreachable("The app at " + address + " cannot answer now: " + detail, null);
                default -> CommandException.refused(detail);
            };
        } catch (JsonProcessingException e) {
            throw CommandException.refused("The server at " + address + " is not Kappa (status " + response.statusCode()
                    + ", no JSON). Check --server.");
        }
    }

    private CommandException unreachable(IOException failure) {
        return CommandException.unreachable(
                "The app at " + address + " cannot be reached (" + failure + "). Is it running?", failure);
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
