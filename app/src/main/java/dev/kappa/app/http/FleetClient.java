package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.app.security.FleetSecret;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;

/** Asks other instances, over connections that are kept open. */
@Singleton
final class FleetClient {

    /** Marks a request that has been passed on, and is not to be passed on as a whole again. */
    static final String PASSED_ON = "Kappa-Passed-On";

    private static final Duration CONNECTING = Duration.ofMillis(500);
    private static final Duration ANSWERING = Duration.ofSeconds(3);

    /** What is passed on of an answer; everything else belongs to the connection. */
    private static final Set<String> HEADERS = Set.of(
            "Content-Type",
            "Retry-After",
            VersionLookup.VERSION_HEADER,
            VersionLookup.EPOCH_HEADER,
            VersionLookup.STALENESS_HEADER);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECTING)
            .build();
    private final ObjectMapper json = new ObjectMapper();
    private final FleetSecret secret;

    FleetClient(FleetSecret secret) {
        this.secret = secret;
    }

    @PreDestroy
    void close() {
        http.shutdownNow();
    }

    /**
     * The answer to an internal request.
     *
     * @throws IOException when the instance does not give one
     */
    JsonNode get(String instance, String pathAndQuery) throws IOException, InterruptedException {
        var request = request(instance, pathAndQuery).timeout(ANSWERING).build();
        var answer = http.send(request, java.net.http.HttpResponse.BodyHandlers.ofByteArray());
        if (answer.statusCode() != HttpStatus.OK.getCode()) {
            throw new IOException(answer.statusCode() + " " + new String(answer.body(), StandardCharsets.UTF_8));
        }
        return json.readTree(answer.body());
    }

    private java.net.http.HttpRequest.Builder request(String instance, String pathAndQuery) {
        var request = java.net.http.HttpRequest.newBuilder(URI.create("http://" + instance + pathAndQuery));
        secret.sign("GET", pathAndQuery).ifPresent(signature -> request.header(FleetSecret.HEADER, signature));
        return request;
    }

    /**
     * Passes a whole request on, and its answer back as it is.
     *
     * @param wait how long the other may wait before it begins to answer
     * @throws IOException when the instance does not answer
     */
    HttpResponse<?> passOn(HttpRequest<?> request, String instance, long epoch, Duration wait)
            throws IOException, InterruptedException {
        var passed = request(instance, AccessFilter.pathAndQuery(request.getUri()))
                .timeout(ANSWERING.plus(ANSWERING).plus(wait))
                .header(PASSED_ON, "true")
                .header(VersionLookup.EPOCH_HEADER, String.valueOf(epoch))
                .build();
        var answer = http.send(passed, java.net.http.HttpResponse.BodyHandlers.ofByteArray());
        MutableHttpResponse<byte[]> response = HttpResponse.<byte[]>status(HttpStatus.valueOf(answer.statusCode()))
                .body(answer.body());
        HEADERS.forEach(name -> answer.headers().firstValue(name).ifPresent(value -> response.header(name, value)));
        return response;
    }
}
