package dev.kappa.app.http;

import dev.kappa.app.security.Caller;
import dev.kappa.app.security.Callers;
import dev.kappa.app.security.FleetSecret;
import dev.kappa.app.security.Role;
import io.micronaut.context.annotation.Requires;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lets requests through that their callers may make. Whatever is not named here is for those who may read at least one view.
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
@Requires(property = "kappa.security.mode")
final class AccessFilter {

    /** What orchestrators ask for, and what says nothing of any data. */
    private static final Pattern OPEN =
            Pattern.compile("/health(/liveness|/readiness)?|/openapi\\.json|/docs(/assets/[\\w.-]+)?");

    private static final Pattern INTERNAL = Pattern.compile("/internal(/.*)?");
    private static final Pattern OF_VIEW = Pattern.compile("/api/views/([^/]+)(?:/(.*))?");
    private static final Set<String> OF_ADMINS = Set.of("retire");

    private final Callers callers;

    AccessFilter(Callers callers) {
        this.callers = callers;
    }

    @RequestFilter
    @ExecuteOn(TaskExecutors.BLOCKING)
    void check(HttpRequest<?> request) {
        String path = request.getUri().getRawPath();
        if (callers.areAllTrusted() || OPEN.matcher(path).matches()) {
            return;
        }
        Caller caller = caller(request);
        request.setAttribute(Caller.ATTRIBUTE, caller);
        if (INTERNAL.matcher(path).matches()) {
            // Who is no instance has been refused.
            return;
        }
        Matcher ofView = OF_VIEW.matcher(path);
        boolean reads = request.getMethod() == HttpMethod.GET || request.getMethod() == HttpMethod.HEAD;
        if (ofView.matches()) {
            String view = URLDecoder.decode(ofView.group(1), StandardCharsets.UTF_8);
            Role needed = reads
                    ? Role.READER
                    : OF_ADMINS.contains(String.valueOf(ofView.group(2))) ? Role.ADMIN : Role.OPERATOR;
            require(caller.may(needed, view), caller, needed, " of view " + view);
        } else {
            Role needed = reads ? Role.READER : Role.ADMIN;
            require(caller.may(needed), caller, needed, "");
        }
    }

    private Caller caller(HttpRequest<?> request) {
        boolean internal = INTERNAL.matcher(request.getUri().getRawPath()).matches();
        String signature = request.getHeaders().get(FleetSecret.HEADER);
        if (signature != null) {
            return callers.instance(signature, request.getMethodName(), pathAndQuery(request.getUri()))
                    .orElseThrow(() -> ProblemException.unauthorized("The signature in " + FleetSecret.HEADER
                            + " is not valid: it is of another secret, another" + " request, or another time"));
        }
        if (internal) {
            throw ProblemException.unauthorized("Only instances of this fleet may ask for what is under /internal");
        }
        String authorization = request.getHeaders().get(HttpHeaders.AUTHORIZATION);
        if (authorization == null) {
            throw ProblemException.unauthorized("Send a bearer token in the header Authorization");
        }
        return callers.bearer(authorization)
                .orElseThrow(() -> ProblemException.unauthorized("The bearer token is not valid, or no longer"));
    }

    static String pathAndQuery(URI uri) {
        return uri.getRawPath()
                + Optional.ofNullable(uri.getRawQuery())
                        .map(query -> "?" + query)
                        .orElse("");
    }

    private static void require(boolean may, Caller caller, Role needed, String what) {
        if (!may) {
            throw ProblemException.forbidden(
                    caller.name() + " is no " + needed.name().toLowerCase(Locale.ROOT) + what);
        }
    }
}
