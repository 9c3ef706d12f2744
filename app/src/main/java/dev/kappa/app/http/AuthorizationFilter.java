package dev.kappa.app.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.net.URI;

/** Lets requests through that their callers may make. */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class AuthorizationFilter {

    private static final long LARGEST_BODY = 1 << 20;

    private final RequestAuthorizer access;
    private final UnsentAnswers unsent;

    AuthorizationFilter(RequestAuthorizer access, UnsentAnswers unsent) {
        this.access = access;
        this.unsent = unsent;
    }

    @RequestFilter
    @ExecuteOn(TaskExecutors.BLOCKING)
    void check(HttpRequest<?> request) {
        access.check(request);
        // Probes of health are small, and tell whether the instance lives.
        if (request.getPath().startsWith("/api/")) {
            unsent.check(ConnectionLimits.noteClient(request));
        }
        if (request.getMethod() != HttpMethod.GET && request.getMethod() != HttpMethod.HEAD) {
            requireSameSite(request);
            requireSmall(request);
        }
    }

    /** Only a query may be long, by a key that is; the framework bounds bodies that do not tell their length. */
    private static void requireSmall(HttpRequest<?> request) {
        String path = request.getUri().getRawPath();
        boolean isQuery = path.endsWith("/query") || path.equals(InternalController.PARTITIONS);
        if (!isQuery && request.getContentLength() > LARGEST_BODY) {
            throw ProblemException.tooLarge("The body of the request is too large: " + request.getContentLength()
                    + " bytes; the maximum is " + LARGEST_BODY);
        }
    }

    /** A page of another site could otherwise make its reader's browser do what only its reader may. */
    private static void requireSameSite(HttpRequest<?> request) {
        String origin = request.getHeaders().get(HttpHeaders.ORIGIN);
        if (origin != null && !hostOf(origin).equals(request.getHeaders().get(HttpHeaders.HOST))) {
            throw ProblemException.forbidden("Pages from " + origin + " may not send requests that change data");
        }
    }

    private static String hostOf(String origin) {
        try {
            return String.valueOf(URI.create(origin).getRawAuthority());
        } catch (IllegalArgumentException notAnAddress) {
            return "";
        }
    }
}
