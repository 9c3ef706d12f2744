package dev.kappa.app.http;

import dev.kappa.app.security.Caller;
import dev.kappa.app.security.Role;
import io.github.bucket4j.Bucket;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.core.order.Ordered;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a line for every request that was refused because of who sent it, or how often, and for every operation on versions, to the logger
 * {@value #LOGGER}, and counts them. Thread-safe.
 */
@ServerFilter(ServerFilter.MATCH_ALL_PATTERN)
final class SecurityLog implements Ordered {

    /** Name of the logger. */
    static final String LOGGER = "dev.kappa.security";

    private static final Logger log = LoggerFactory.getLogger(LOGGER);

    private static final Set<Integer> REFUSALS = Set.of(
            HttpStatus.UNAUTHORIZED.getCode(), HttpStatus.FORBIDDEN.getCode(), HttpStatus.TOO_MANY_REQUESTS.getCode());

    private static final Pattern UNPRINTABLE = Pattern.compile("[\\p{Cntrl}\"]");

    private static final int MAX_CHARS = 200;

    /** Refusals per second that are written; the others are counted. */
    private static final int LINES_PER_SECOND = 50;

    private final MeterRegistry meters;
    private final Bucket lines = Bucket.builder()
            .addLimit(limit ->
                    limit.capacity(10 * LINES_PER_SECOND).refillGreedy(LINES_PER_SECOND, Duration.ofSeconds(1)))
            .build();
    private final AtomicLong unwritten = new AtomicLong();

    SecurityLog(MeterRegistry meters) {
        this.meters = meters;
    }

    /** After all others, so that the answer is the one that the client gets. */
    @Override
    public int getOrder() {
        return Ordered.HIGHEST_PRECEDENCE;
    }

    @ResponseFilter
    void note(HttpRequest<?> request, MutableHttpResponse<?> response) {
        int status = response.code();
        if (REFUSALS.contains(status)) {
            count("kappa.security.refused", "Requests that were refused, by status", status);
            if (lines.tryConsume(1)) {
                long more = unwritten.getAndSet(0);
                if (more > 0) {
                    log.info("Requests refused that were not written: count={}", more);
                }
                write("Request refused", request, status);
            } else {
                unwritten.incrementAndGet();
            }
        } else if (isOperation(request)) {
            count("kappa.security.operations", "Operations on versions and dead letters, by status", status);
            write("Operation", request, status);
        }
    }

    private static boolean isOperation(HttpRequest<?> request) {
        return request.getMethod() != HttpMethod.GET
                && RequestAuthorizer.statedRole(request)
                        .filter(role -> role != Role.READER)
                        .isPresent();
    }

    private void count(String name, String description, int status) {
        Counter.builder(name)
                .description(description)
                .tag("status", String.valueOf(status))
                .register(meters)
                .increment();
    }

    private static String printable(@Nullable String text) {
        String whole = String.valueOf(text);
        String part = whole.length() <= MAX_CHARS ? whole : whole.substring(0, MAX_CHARS) + "…";
        return UNPRINTABLE.matcher(part).replaceAll("?");
    }

    private static void write(String what, HttpRequest<?> request, int status) {
        String caller = request.getAttribute(Caller.ATTRIBUTE, Caller.class)
                .map(Caller::name)
                .orElse("unknown");
        log.info(
                "{}: status={} method={} path={} caller=\"{}\" address={} request={}",
                what,
                status,
                request.getMethodName(),
                printable(request.getUri().getRawPath()),
                printable(caller),
                RemoteAddress.of(request),
                RequestIds.of(request).orElse("-"));
    }
}
