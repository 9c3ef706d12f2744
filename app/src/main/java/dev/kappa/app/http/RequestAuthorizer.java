package dev.kappa.app.http;

import dev.kappa.app.config.HostAddress;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.app.config.NotAvailableException;
import dev.kappa.app.security.Caller;
import dev.kappa.app.security.CallerAuthenticator;
import dev.kappa.app.security.FleetSecret;
import dev.kappa.app.security.RequestRates;
import dev.kappa.app.security.Role;
import io.micronaut.context.BeanProvider;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.runtime.server.EmbeddedServer;
import io.micronaut.web.router.RouteAttributes;
import io.micronaut.web.router.RouteMatch;
import jakarta.inject.Singleton;
import java.net.URI;
import java.security.cert.Certificate;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Decides who may make which request. The operation that the router has chosen, and its view, say which role is needed. The address
 * is not parsed a second time: an address that two parsers read differently would be a way around. Thread-safe.
 */
@Singleton
final class RequestAuthorizer {

    /** Paths that need no role: they show no data. */
    private static final Pattern OPEN =
            Pattern.compile("/health(/liveness|/readiness)?|/openapi\\.json|/docs(/assets/[\\w.-]+)?"
                    + "|/|/console/([\\w-]+/)*[\\w-]+(\\.[\\w-]+)+");

    private static final Pattern INTERNAL = Pattern.compile("/internal(/.*)?");

    /** An IP address or {@code localhost}, which no name server can resolve to another address. */
    private static final Pattern LOCAL_HOST = Pattern.compile(
            "(\\d+(\\.\\d+){3}|\\[[\\p{XDigit}:.]+]|([^:]+\\.)?localhost)\\.?(:\\d+)?", Pattern.CASE_INSENSITIVE);

    /** A name without a dot, or one of a Kubernetes Service, which only the cluster's own name server resolves. */
    private static final Pattern CLUSTER_HOST = Pattern.compile(
            "([\\w-]+|([\\w-]+\\.){2,3}svc(\\.cluster\\.local)?)\\.?(:\\d+)?", Pattern.CASE_INSENSITIVE);

    private static final Pattern PORT = Pattern.compile("\\.?(:\\d+)?$");

    private final CallerAuthenticator callers;
    private final RequestRates rates;
    private final KappaConfig config;
    private final BeanProvider<EmbeddedServer> server;

    RequestAuthorizer(
            CallerAuthenticator callers, RequestRates rates, KappaConfig config, BeanProvider<EmbeddedServer> server) {
        this.server = server;
        this.callers = callers;
        this.rates = rates;
        this.config = config;
    }

    /**
     * Returns if the caller may make the request, which then knows its caller.
     *
     * @throws ProblemException if not, or if the address is not a path: the router would not see what is seen here
     */
    void check(HttpRequest<?> request) {
        String path = path(request);
        boolean isOpen = OPEN.matcher(path).matches();
        // Where no signature is checked, none is a way around.
        if (callers.areAllTrusted() || isOpen || !request.getHeaders().contains(FleetSecret.HEADER)) {
            requireKnownHost(request);
        }
        if (callers.areAllTrusted()) {
            known(request, Caller.ANYBODY);
            return;
        }
        if (isOpen) {
            // Whoever is known sees more than others do.
            found(request).ifPresent(caller -> known(request, caller));
            return;
        }
        Caller caller = caller(request, isInternal(request));
        known(request, caller);
        rates.count(caller).ifPresent(wait -> {
            throw ProblemException.tooMany(
                    caller.name() + " has made too many requests; the next may come in " + wait.toMillis() + " ms");
        });
        requireRole(request, caller);
    }

    /**
     * Checks a request again that is answered for a long time: tokens expire, and roles are withdrawn.
     *
     * @throws ProblemException if not
     */
    void checkAgain(HttpRequest<?> request) {
        if (!callers.areAllTrusted() && !callerOf(request).isInstance()) {
            Caller caller = caller(request, isInternal(request));
            known(request, caller);
            requireRole(request, caller);
        }
    }

    /** The role that the operation of a request says it needs, if there is one and it does. */
    static Optional<Role> statedRole(HttpRequest<?> request) {
        return RouteAttributes.getRouteMatch(request)
                .flatMap(match -> match.getAnnotationMetadata().enumValue(RequiresRole.class, Role.class));
    }

    private static void requireRole(HttpRequest<?> request, Caller caller) {
        if (isInternal(request)) {
            // Only instances get this far.
            return;
        }
        Optional<RouteMatch<?>> operation = RouteAttributes.getRouteMatch(request);
        Role needed = statedRole(request)
                .orElse(
                        request.getMethod() == HttpMethod.GET || request.getMethod() == HttpMethod.HEAD
                                ? Role.READER
                                : Role.ADMIN);
        Optional<String> view =
                operation.map(match -> match.getVariableValues().get("view")).map(String::valueOf);
        boolean ofAllViews = operation
                .flatMap(match -> match.getAnnotationMetadata().booleanValue(RequiresRole.class, "ofAllViews"))
                // What changes an instance as a whole, such as the levels of its loggers, concerns all views.
                .orElse(needed == Role.ADMIN);
        boolean may = view.map(name -> caller.may(needed, name))
                .orElseGet(() -> ofAllViews ? caller.mayWithAllViews(needed) : caller.may(needed));
        if (!may) {
            throw ProblemException.forbidden(caller.name() + " is no "
                    + needed.name().toLowerCase(Locale.ROOT)
                    + view.map(name -> " of view " + name).orElse(ofAllViews ? " of all views" : ""));
        }
    }

    /**
     * A web page of another site could reach an instance when that site's name server resolves the name to its address, or to that of a
     * forwarded port (DNS rebinding); the browser then sends that name as the host.
     */
    private void requireKnownHost(HttpRequest<?> request) {
        String host = request.getHeaders().get(HttpHeaders.HOST);
        if (host == null
                || isKnown(host, config.security().stated(), config.security().hosts())
                || host.equalsIgnoreCase(ownAddress())
                || host.equalsIgnoreCase(PORT.matcher(ownAddress()).replaceFirst(""))) {
            return;
        }
        throw ProblemException.forbidden("The request is for host " + host + ", which this instance does not know."
                + " It answers to IP addresses, localhost, its advertised address and, in a cluster, names of Services"
                + " (NAME or NAME.NAMESPACE.svc). To allow the name, add it to kappa.security.hosts");
    }

    /** Where other instances reach this one. */
    private String ownAddress() {
        return config.advertised().orElseGet(() -> {
            EmbeddedServer running = server.get();
            return HostAddress.of(running.getHost(), running.getPort());
        });
    }

    /**
     * Whether no name server of others can resolve a host to this instance.
     *
     * @param mayBeInCluster whether names count that are known in a cluster only
     * @param allowed other names that are known, without a port; {@code *.NAME} stands for all names below one
     */
    static boolean isKnown(String host, boolean mayBeInCluster, Set<String> allowed) {
        return LOCAL_HOST.matcher(host).matches()
                || (mayBeInCluster && CLUSTER_HOST.matcher(host).matches())
                || allowed.stream().anyMatch(name -> isNamed(host, name));
    }

    private static boolean isNamed(String host, String allowed) {
        String name = PORT.matcher(host).replaceFirst("").toLowerCase(Locale.ROOT);
        String wanted = allowed.toLowerCase(Locale.ROOT);
        return wanted.startsWith("*.")
                ? name.length() >= wanted.length() && name.endsWith(wanted.substring(1))
                : name.equals(wanted);
    }

    /** Whether another instance asks for what this one has. */
    static boolean isInternal(HttpRequest<?> request) {
        return INTERNAL.matcher(request.getUri().getRawPath()).matches();
    }

    /** The path of a request, which every parser reads the same way. */
    private static String path(HttpRequest<?> request) {
        String path = request.getUri().getRawPath();
        if (path == null || !path.startsWith("/") || path.startsWith("//") || !path.equals(request.getPath())) {
            throw ProblemException.badRequest("The target of a request must be a path that begins with one slash");
        }
        return path;
    }

    private static void known(HttpRequest<?> request, Caller caller) {
        request.setAttribute(Caller.ATTRIBUTE, caller);
        if (caller.mayWithAllViews(Role.READER)) {
            // The framework shows the details of health, which name all views, to whom it knows.
            request.setUserPrincipal(caller::name);
        }
    }

    /** The caller of a request that has been let through. */
    static Caller callerOf(HttpRequest<?> request) {
        return request.getAttribute(Caller.ATTRIBUTE, Caller.class)
                .orElseThrow(
                        () -> new IllegalStateException("The caller of " + request.getPath() + " was not checked"));
    }

    /** The caller as one who has a share of what an instance does at once; empty for other instances, and where nobody is known. */
    static Optional<String> shareOf(HttpRequest<?> request) {
        return Optional.of(callerOf(request))
                .filter(caller -> caller.isAuthenticated() && !caller.isInstance())
                .map(Caller::name);
    }

    /** The caller, if there is one that has shown a token or a certificate. */
    private Optional<Caller> found(HttpRequest<?> request) {
        if (callers.areKnownByCertificates()) {
            return request.getCertificate().flatMap(callers::certificate);
        }
        String authorization = request.getHeaders().get(HttpHeaders.AUTHORIZATION);
        if (authorization == null) {
            return Optional.empty();
        }
        try {
            Optional<Caller> caller = callers.bearer(authorization);
            if (caller.isEmpty()) {
                var _ = rates.countFailure(RemoteAddress.of(request));
            }
            return caller;
        } catch (NotAvailableException keysAreAway) {
            // A probe of health does not depend on who issues tokens.
            return Optional.empty();
        }
    }

    private Caller caller(HttpRequest<?> request, boolean internal) {
        String signature = request.getHeaders().get(FleetSecret.HEADER);
        if (signature != null) {
            return callers.instance(signature, ownAddress(), request.getMethodName(), pathAndQuery(request.getUri()))
                    .orElseThrow(
                            () -> failed(
                                    request,
                                    "The signature in " + FleetSecret.HEADER
                                            + " is not valid: its secret, instance, request or time does not match, or it was used before"));
        }
        if (internal) {
            throw ProblemException.unauthorized("Only instances of this fleet may call /internal");
        }
        if (callers.areKnownByCertificates()) {
            // Not 401, which would have to say how to authenticate in the request itself (RFC 9110 §15.5.2).
            Certificate certificate = request.getCertificate()
                    .orElseThrow(() -> ProblemException.forbidden(
                            "This instance authenticates callers by client certificate; the connection has none"));
            return callers.certificate(certificate)
                    .orElseThrow(
                            () -> ProblemException.forbidden("The client certificate has no roles on this instance"));
        }
        String authorization = request.getHeaders().get(HttpHeaders.AUTHORIZATION);
        if (authorization == null) {
            throw ProblemException.unauthorized("Send a bearer token in the header Authorization");
        }
        return callers.bearer(authorization)
                .orElseThrow(() -> failed(request, "The bearer token is invalid or has expired"));
    }

    private ProblemException failed(HttpRequest<?> request, String problem) {
        String address = RemoteAddress.of(request);
        return rates.countFailure(address)
                .map(wait -> ProblemException.tooMany("Too many requests from " + address
                        + " had invalid credentials; the next such request may come in " + wait.toMillis() + " ms"))
                .orElseGet(() -> ProblemException.unauthorized(problem));
    }

    static String pathAndQuery(URI uri) {
        return uri.getRawPath()
                + Optional.ofNullable(uri.getRawQuery())
                        .map(query -> "?" + query)
                        .orElse("");
    }
}
