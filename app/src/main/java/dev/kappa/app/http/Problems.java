package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.config.NotAvailableException;
import dev.kappa.app.query.ConcurrencyLimit;
import dev.kappa.app.query.StoreQueries;
import dev.kappa.reprocessing.catalog.ConflictException;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.topologies.InvalidParameterException;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import io.micronaut.http.server.exceptions.response.ErrorContext;
import io.micronaut.http.server.exceptions.response.ErrorResponseProcessor;
import jakarta.inject.Singleton;
import java.util.Locale;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.streams.errors.InvalidStateStoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes every error, ours and the framework's, as a problem document. */
final class Problems {

    private static final Logger log = LoggerFactory.getLogger(Problems.class);
    private static final String RETRY_AFTER_SECONDS = "1";

    private Problems() {}

    private static MutableHttpResponse<?> response(
            HttpRequest<?> request, HttpStatus status, String code, String detail) {
        ObjectNode problem = JsonNodeFactory.instance
                .objectNode()
                .put("type", "urn:kappa:problem:" + code)
                .put("title", status.getReason())
                .put("status", status.getCode())
                .put("detail", detail)
                .put("instance", request.getUri().getRawPath());
        RequestIds.of(request).ifPresent(id -> problem.put(RequestIds.NAME, id));
        MutableHttpResponse<ObjectNode> response =
                HttpResponse.<ObjectNode>status(status).body(problem).contentType(MediaType.APPLICATION_JSON_PROBLEM);
        return status == HttpStatus.SERVICE_UNAVAILABLE
                ? response.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS)
                : response;
    }

    private static MutableHttpResponse<?> response(HttpRequest<?> request, ProblemException problem) {
        MutableHttpResponse<?> response =
                response(request, problem.status(), problem.code(), String.valueOf(problem.getMessage()));
        problem.headers().forEach(response::header);
        return response;
    }

    /** Ours. */
    @Singleton
    static final class OfProblemException implements ExceptionHandler<ProblemException, HttpResponse<?>> {
        @Override
        @SuppressWarnings("rawtypes") // As the interface has it.
        public HttpResponse<?> handle(HttpRequest request, ProblemException exception) {
            return response(request, exception);
        }
    }

    /** An exception that always means the same status and problem. */
    abstract static class OfKind<E extends RuntimeException> implements ExceptionHandler<E, HttpResponse<?>> {
        private final HttpStatus status;
        private final String code;

        OfKind(HttpStatus status, String code) {
            this.status = status;
            this.code = code;
        }

        @Override
        @SuppressWarnings("rawtypes") // As the interface has it.
        public HttpResponse<?> handle(HttpRequest request, E exception) {
            return response(request, status, code, detail(exception));
        }

        String detail(E exception) {
            return String.valueOf(exception.getMessage());
        }
    }

    /** A store that cannot be read now. */
    @Singleton
    static final class OfNotAvailable extends OfKind<NotAvailableException> {
        OfNotAvailable() {
            super(HttpStatus.SERVICE_UNAVAILABLE, "unavailable");
        }
    }

    /** As many requests do the same already as may. */
    @Singleton
    static final class OfLimit implements ExceptionHandler<ConcurrencyLimit.ReachedException, HttpResponse<?>> {
        @Override
        @SuppressWarnings("rawtypes") // As the interface has it.
        public HttpResponse<?> handle(HttpRequest request, ConcurrencyLimit.ReachedException exception) {
            return response(request, ProblemException.tooMany(String.valueOf(exception.getMessage())));
        }
    }

    /** No instance that runs a version answers. */
    @Singleton
    static final class OfNotForwarded extends OfKind<StoreQueries.NotForwardedException> {
        OfNotForwarded() {
            super(HttpStatus.SERVICE_UNAVAILABLE, "unavailable");
        }
    }

    /** A store that went away while it was read. */
    @Singleton
    static final class OfClosedStore extends OfKind<InvalidStateStoreException> {
        OfClosedStore() {
            super(HttpStatus.SERVICE_UNAVAILABLE, "unavailable");
        }

        @Override
        String detail(InvalidStateStoreException exception) {
            return "The store was moved or closed while it was read";
        }
    }

    /** The state does not allow the operation. */
    @Singleton
    static final class OfRefused extends OfKind<RefusedException> {
        OfRefused() {
            super(HttpStatus.UNPROCESSABLE_ENTITY, "refused");
        }
    }

    /** Somebody else changed the view first. */
    @Singleton
    static final class OfConflict extends OfKind<ConflictException> {
        OfConflict() {
            super(HttpStatus.CONFLICT, "conflict");
        }
    }

    /** A parameter of a view that does not exist, or a value that is not allowed. */
    @Singleton
    static final class OfInvalidParameter extends OfKind<InvalidParameterException> {
        OfInvalidParameter() {
            super(HttpStatus.BAD_REQUEST, "bad-parameter");
        }
    }

    /** The cluster or the registry does not answer. */
    @Singleton
    static final class OfKafka extends OfKind<KafkaException> {
        OfKafka() {
            super(HttpStatus.SERVICE_UNAVAILABLE, "cluster-unavailable");
        }

        @Override
        String detail(KafkaException exception) {
            log.warn("Request failed on the cluster: failure=\"{}\"", exception.toString());
            return "A request to Kafka or the schema registry failed; see the log of this instance";
        }
    }

    /** A failure of our own: what it was is for the log, not for the client. */
    @Singleton
    static final class OfUnexpected implements ExceptionHandler<RuntimeException, HttpResponse<?>> {
        @Override
        @SuppressWarnings("rawtypes") // As the interface has it.
        public HttpResponse<?> handle(HttpRequest request, RuntimeException exception) {
            log.error("Request failed: method={} path={}", request.getMethod(), request.getPath(), exception);
            return response(
                    request,
                    HttpStatus.INTERNAL_SERVER_ERROR,
                    "internal",
                    "The request failed; see the log of this instance for the reason");
        }
    }

    /** The framework's: no such route, wrong method, too large, unreadable. */
    @Singleton
    static final class OfFramework implements ErrorResponseProcessor<ObjectNode> {
        @Override
        @SuppressWarnings("unchecked") // The body of every problem is an object.
        public MutableHttpResponse<ObjectNode> processResponse(ErrorContext context, MutableHttpResponse<?> response) {
            HttpStatus status = HttpStatus.valueOf(response.code());
            String address = context.getRequest().getMethodName() + " "
                    + context.getRequest().getUri().getRawPath();
            String detail =
                    status == HttpStatus.NOT_FOUND || context.getErrors().isEmpty()
                            ? "There is nothing at " + address + renamed(context.getRequest())
                            : context.getErrors().getFirst().getMessage();
            MutableHttpResponse<?> problem = response(context.getRequest(), status, code(status), detail);
            response.getHeaders().forEachValue(problem::header);
            return (MutableHttpResponse<ObjectNode>) problem;
        }

        private static String renamed(HttpRequest<?> request) {
            return request.getUri().getRawPath().startsWith("/api/views")
                    ? "; the addresses begin with /api/v1/views"
                    : "";
        }

        private static String code(HttpStatus status) {
            return status.name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }
}
