package dev.kappa.app.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;

/**
 * Headers that tell browsers and proxies how to treat an answer: no guessing of its type, no copy of it, no frame, and, over TLS, no other
 * way to this host for a year (RFC 6797).
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class SecurityHeaders {

    private static final String CONTENT_SECURITY_POLICY = "Content-Security-Policy";

    private static final String NO_FRAME = "frame-ancestors 'none'";

    /** For answers that are data; the console has a policy of its own. */
    private static final String NOTHING = "default-src 'none'; " + NO_FRAME;

    @ResponseFilter
    void add(HttpRequest<?> request, MutableHttpResponse<?> response) {
        response.getHeaders().set("X-Content-Type-Options", "nosniff");
        if (request.getPath().startsWith("/api/")) {
            if (!response.getHeaders().contains(HttpHeaders.CACHE_CONTROL)) {
                response.header(HttpHeaders.CACHE_CONTROL, "no-store");
            }
            response.getHeaders().set(CONTENT_SECURITY_POLICY, NOTHING);
        } else if (!response.getHeaders().contains(CONTENT_SECURITY_POLICY)) {
            response.getHeaders().set(CONTENT_SECURITY_POLICY, NO_FRAME);
        }
        if (request.isSecure()) {
            response.getHeaders().set("Strict-Transport-Security", "max-age=31536000");
        }
    }
}
