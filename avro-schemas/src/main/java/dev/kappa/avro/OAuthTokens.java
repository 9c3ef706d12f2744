package dev.kappa.avro;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Access tokens of an OAuth 2.0 authorization server, by the client credentials grant. A token is used for four fifths of its
 * lifetime. Thread-safe.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6749#section-4.4">RFC 6749, client credentials grant</a>
 */
final class OAuthTokens {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(15);

    /** Lifetime of a token whose server does not state one. */
    private static final long DEFAULT_LIFETIME_SECONDS = 300;

    private final HttpClient http;
    private final RegistryCredentials.ClientCredentials credentials;
    private @Nullable String token;
    private long renewAtNanos;

    OAuthTokens(HttpClient http, RegistryCredentials.ClientCredentials credentials) {
        this.http = http;
        this.credentials = credentials;
    }

    /**
     * A valid token.
     *
     * @throws IOException when the server does not answer, or gives none
     */
    synchronized String token() throws IOException, InterruptedException {
        String current = token;
        if (current == null || System.nanoTime() - renewAtNanos >= 0) {
            current = request();
            token = current;
        }
        return current;
    }

    /** Requests a new token the next time: the registry refused this one. */
    synchronized void discard() {
        token = null;
    }

    private String request() throws IOException, InterruptedException {
        String client = credentials.clientId() + ":" + credentials.clientSecret();
        String form = "grant_type=client_credentials"
                + credentials
                        .scope()
                        .map(scope -> "&scope=" + URLEncoder.encode(scope, StandardCharsets.UTF_8))
                        .orElse("");
        HttpRequest request = HttpRequest.newBuilder(credentials.tokenEndpoint())
                .timeout(REQUEST_TIMEOUT)
                .header("Accept", "application/json")
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header(
                        "Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(client.getBytes(StandardCharsets.UTF_8)))
                .POST(HttpRequest.BodyPublishers.ofString(form))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        JsonNode answer = response.statusCode() == 200 ? JSON.readTree(response.body()) : JSON.nullNode();
        String found = answer.path("access_token").asText();
        if (found.isEmpty()) {
            throw new IOException("the token endpoint " + credentials.tokenEndpoint() + " answered "
                    + response.statusCode() + " without an access token");
        }
        long lifetime = answer.path("expires_in").asLong(DEFAULT_LIFETIME_SECONDS);
        renewAtNanos = System.nanoTime() + Duration.ofSeconds(lifetime).toNanos() / 5 * 4;
        return found;
    }
}
