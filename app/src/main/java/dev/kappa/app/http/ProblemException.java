package dev.kappa.app.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpStatus;
import java.util.Map;

/**
 * Ends a request with a problem document.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9457">RFC 9457</a>
 */
public final class ProblemException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final HttpStatus status;
    private final String code;

    private final transient Map<String, String> headers;

    private ProblemException(HttpStatus status, String code, String detail, Map<String, String> headers) {
        super(detail);
        this.status = status;
        this.code = code;
        this.headers = headers;
    }

    private ProblemException(HttpStatus status, String code, String detail) {
        this(status, code, detail, Map.of());
    }

    static ProblemException notFound(String code, String detail) {
        return new ProblemException(HttpStatus.NOT_FOUND, code, detail);
    }

    static ProblemException badParameter(String name, String detail) {
        return new ProblemException(HttpStatus.BAD_REQUEST, "bad-parameter", "Parameter " + name + ": " + detail);
    }

    static ProblemException unavailable(String detail) {
        return new ProblemException(HttpStatus.SERVICE_UNAVAILABLE, "unavailable", detail);
    }

    static ProblemException splitKey(String detail) {
        return new ProblemException(HttpStatus.INTERNAL_SERVER_ERROR, "split-key", detail);
    }

    static ProblemException tooLarge(String detail) {
        return new ProblemException(HttpStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", detail);
    }

    static ProblemException badRequest(String detail) {
        return new ProblemException(HttpStatus.BAD_REQUEST, "bad-request", detail);
    }

    static ProblemException unauthorized(String detail) {
        return new ProblemException(HttpStatus.UNAUTHORIZED, "unauthorized", detail)
                .with(Map.of(HttpHeaders.WWW_AUTHENTICATE, "Bearer"));
    }

    static ProblemException forbidden(String detail) {
        return new ProblemException(HttpStatus.FORBIDDEN, "forbidden", detail);
    }

    static ProblemException tooMany(String detail) {
        return new ProblemException(HttpStatus.TOO_MANY_REQUESTS, "too-many-requests", detail)
                .with(Map.of(HttpHeaders.RETRY_AFTER, "1"));
    }

    static ProblemException notReached(String detail) {
        return new ProblemException(HttpStatus.GATEWAY_TIMEOUT, "position-not-reached", detail);
    }

    /** The same problem, with headers that the answer carries. */
    ProblemException with(Map<String, String> more) {
        return new ProblemException(status, code, String.valueOf(getMessage()), more);
    }

    Map<String, String> headers() {
        return headers;
    }

    HttpStatus status() {
        return status;
    }

    String code() {
        return code;
    }
}
