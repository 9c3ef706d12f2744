package dev.kappa.app.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.app.security.Caller;
import dev.kappa.app.security.FleetSecret;
import dev.kappa.reprocessing.cluster.Sha256;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Signs answers to other instances, so that nothing between two instances can change or invent one. A signature covers the signature of the
 * request, which is used once: an answer to one request is no answer to another.
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class SignedAnswers {

    /** Headers of an answer that say something about its data. */
    static final List<String> HEADERS =
            List.of(VersionLookup.VERSION_HEADER, VersionLookup.EPOCH_HEADER, VersionLookup.STALENESS_HEADER);

    private final FleetSecret secret;
    private final ObjectMapper json;

    SignedAnswers(FleetSecret secret, ObjectMapper json) {
        this.secret = secret;
        this.json = json;
    }

    @ResponseFilter
    void sign(HttpRequest<?> request, MutableHttpResponse<?> response) throws JsonProcessingException {
        String asked = request.getHeaders().get(FleetSecret.HEADER);
        // Only after the signature of the request was checked: nobody else gets an answer signed.
        boolean isOfInstance = request.getAttribute(Caller.ATTRIBUTE, Caller.class)
                .filter(Caller::isInstance)
                .isPresent();
        if (asked == null || !isOfInstance) {
            return;
        }
        byte[] body = body(response);
        secret.sign(message(asked, response.code(), response.getHeaders()::get, body))
                .ifPresent(signature -> response.header(FleetSecret.HEADER, signature));
    }

    /** The body as it is sent. */
    private byte[] body(MutableHttpResponse<?> response) throws JsonProcessingException {
        Object body = response.body();
        if (body instanceof byte[] bytes) {
            return bytes;
        }
        if (body == null) {
            return new byte[0];
        }
        byte[] bytes = json.writeValueAsBytes(body);
        if (response.getContentType().isEmpty()) {
            response.contentType(MediaType.APPLICATION_JSON_TYPE);
        }
        response.body(bytes);
        return bytes;
    }

    /**
     * Whether an instance of this fleet has given an answer to a request.
     *
     * @param asked the signature of the request
     * @param header values of the answer's headers
     */
    static boolean isSigned(
            FleetSecret secret, String asked, int status, Function<String, @Nullable String> header, byte[] body) {
        return secret.isSigned(
                message(asked, status, header, body), Optional.ofNullable(header.apply(FleetSecret.HEADER)));
    }

    private static byte[] message(String asked, int status, Function<String, @Nullable String> header, byte[] body) {
        var message = new StringBuilder("answer\n")
                .append(asked)
                .append('\n')
                .append(status)
                .append('\n')
                .append(Sha256.of(body));
        HEADERS.forEach(name -> message.append('\n').append(header.apply(name)));
        return message.toString().getBytes(StandardCharsets.UTF_8);
    }
}
