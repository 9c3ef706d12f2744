package dev.kappa.app.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.app.instance.CurrentInstance;
import dev.kappa.app.query.PartialResult;
import dev.kappa.app.query.PartitionRequest;
import dev.kappa.app.query.StoreQueries;
import dev.kappa.app.version.VersionRunner;
import dev.kappa.reprocessing.cluster.Sha256;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.Store;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.QueryValue;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.util.Optional;

/** Answers the other instances of the fleet, and nobody else. */
@Controller("/internal")
@ExecuteOn(TaskExecutors.BLOCKING)
final class InternalController {

    /** Where {@link PartitionRequest}s are posted to. */
    static final String PARTITIONS = "/internal/partitions";

    /** Describes the instance. */
    static final String INSTANCE = "/internal/instance";

    /** Describes what the parts of a version do on the instance. */
    static final String TOPOLOGY = "/internal/topology";

    private final CurrentInstance instance;
    private final ObjectMapper json;
    private final InstanceJson here;

    InternalController(CurrentInstance instance, ObjectMapper json, InstanceJson here) {
        this.instance = instance;
        this.json = json;
        this.here = here;
    }

    @Get("/instance")
    Object instance() {
        return here.instance(instance.get());
    }

    @Get("/topology")
    Object topology(@QueryValue String view, @QueryValue int version) {
        return here.topology(instance.get(), new VersionId(view, version));
    }

    /**
     * Answers a {@link PartitionRequest} from the copies on this instance.
     *
     * @param sha256 of the body; the signature of the request covers the address, and by it the body
     */
    @Post("/partitions")
    Object partitions(@QueryValue String sha256, @Body byte[] body) {
        if (!sha256.equals(Sha256.of(body))) {
            throw ProblemException.badRequest("The digest of the body does not match the parameter sha256");
        }
        PartitionRequest request = parse(body);
        Optional<VersionRunner> runner = instance.get().versions().runner(request.version());
        if (runner.isEmpty()) {
            return PartialResult.missing(request.reading().partitions(), "does not run " + request.version())
                    .toJson();
        }
        Store<?, ?> store = runner.get().version().definition().stores().stream()
                .filter(candidate -> candidate.name().equals(request.store()))
                .findFirst()
                .orElseThrow(() -> ProblemException.notFound(
                        "unknown-store", request.version() + " has no store " + request.store()));
        return StoreQueries.readHere(runner.get(), store, request).toJson();
    }

    private PartitionRequest parse(byte[] body) {
        try {
            return PartitionRequest.fromJson(json.readTree(body));
        } catch (JsonProcessingException e) {
            throw ProblemException.badRequest("The request is not JSON: " + e.getOriginalMessage());
        } catch (java.io.IOException | IllegalArgumentException e) {
            throw ProblemException.badRequest("The request cannot be read: " + e.getMessage());
        }
    }
}
