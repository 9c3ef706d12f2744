package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.query.FleetReader;
import dev.kappa.app.query.Part;
import dev.kappa.app.query.SplitKeyException;
import dev.kappa.app.query.StoreQuery;
import dev.kappa.app.query.StoreReader;
import dev.kappa.app.runtime.Instance;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.topologies.InputProblem;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.common.TopicPartition;

/** Answers queries of stores from the whole fleet, or for another instance from this one alone. */
@Singleton
final class FleetQueries {

    /** How long a partition that can be read nowhere is waited for: longer than handing a task over takes. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration DEFAULT_WAIT = Duration.ofSeconds(5);
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

    /** Each holds at most a page of each partition in memory. */
    private static final int MOST_SCANS = 64;

    /** Each asks the group's coordinator again and again. */
    private static final int MOST_WAITING = 64;

    private final AtOnce scans = new AtOnce(MOST_SCANS, "This instance reads " + MOST_SCANS + " lists already");
    private final AtOnce waiting =
            new AtOnce(MOST_WAITING, "On this instance " + MOST_WAITING + " requests wait for positions already");
    private final Instance instance;
    private final FleetClient client;
    private final FleetReader reader;

    FleetQueries(Instance instance, FleetClient client) {
        this.instance = instance;
        this.client = client;
        this.reader = new FleetReader(
                instance::advertised,
                () -> instance.fleet().stream()
                        .map(InstanceReport::getAdvertised)
                        .toList());
    }

    /**
     * The answer.
     *
     * @param shape what was found, as JSON
     * @throws ProblemException when it cannot be given
     */
    <K, V extends SpecificRecord> HttpResponse<?> answer(
            StoreRequest<K, V> asked, StoreQuery<K> query, Function<Part, JsonNode> shape) {
        var here = new StoreReader<>(asked.runner(), asked.store());
        if (Access.isInternal(asked.request())) {
            Part part = here.read(query, asked.reading());
            return VersionLookup.answer(asked.catalog(), asked.version(), part.staleness(), part.toJson());
        }
        Map<TopicPartition, Long> minPosition = asked.parameters().positions(StoreRequest.MIN_POSITION);
        awaitApplied(asked, minPosition);
        // What is known to be applied is so where it is active; copies come after.
        Optional<Duration> maxStaleness = minPosition.isEmpty()
                ? asked.parameters().duration(StoreRequest.MAX_STALENESS)
                : Optional.of(Duration.ZERO);
        Supplier<HttpResponse<?>> reading = () -> fromFleet(asked, query, shape, here, maxStaleness);
        return query.onlyKey().isEmpty() ? scans.during(reading) : reading.get();
    }

    private <K, V extends SpecificRecord> HttpResponse<?> fromFleet(
            StoreRequest<K, V> asked,
            StoreQuery<K> query,
            Function<Part, JsonNode> shape,
            StoreReader<K, V> here,
            Optional<Duration> maxStaleness) {
        boolean partial = asked.parameters().flag(StoreRequest.PARTIAL);
        Part part = read(asked, query, here, maxStaleness, partial);
        if (!part.missing().isEmpty() && !partial) {
            throw ProblemException.unavailable("Store " + asked.store().name() + " of "
                            + asked.version().id() + " cannot be read in partitions "
                            + part.missing().keySet()
                            + maxStaleness.map(age -> " no older than " + age).orElse("")
                            + ". " + reasons(part))
                    .with(VersionLookup.headers(asked.catalog(), asked.version(), part.staleness()));
        }
        return VersionLookup.answer(asked.catalog(), asked.version(), part.staleness(), shape.apply(part));
    }

    private <K, V extends SpecificRecord> Part read(
            StoreRequest<K, V> asked,
            StoreQuery<K> query,
            StoreReader<K, V> here,
            Optional<Duration> maxStaleness,
            boolean partial) {
        try {
            return reader.read(
                    asked.runner(),
                    asked.store().name(),
                    here,
                    query,
                    new FleetReader.Tolerance(maxStaleness, partial ? Duration.ZERO : PATIENCE),
                    (other, reading) -> client.ask(
                            other,
                            asked.internal(query, reading),
                            reading.partitions(),
                            query.onlyKey().isEmpty()),
                    hasMisplacedKeys(asked));
        } catch (SplitKeyException e) {
            throw ProblemException.splitKey("The key has results on several partitions of store "
                            + asked.store().name() + " of " + asked.version().id()
                            + ": producers of an input choose partitions differently. Key the input by its field in a new"
                            + " version; kappa views says how.")
                    .with(VersionLookup.headers(asked.catalog(), asked.version(), Duration.ZERO));
        }
    }

    /** As the catalog knows, or as this instance has just found. */
    private static boolean hasMisplacedKeys(StoreRequest<?, ?> asked) {
        return asked.version().hasMisplacedKeys()
                || asked.runner().inputProblems().stream()
                        .anyMatch(found -> found.problem() == InputProblem.MISPLACED_KEY);
    }

    private static String reasons(Part part) {
        return part.missing().entrySet().stream()
                .map(partition -> "Partition " + partition.getKey() + ": " + partition.getValue() + ".")
                .collect(Collectors.joining(" "));
    }

    private void awaitApplied(StoreRequest<?, ?> asked, Map<TopicPartition, Long> positions) {
        Duration patience = maxWait(asked.parameters());
        if (positions.isEmpty()) {
            return;
        }
        var inputs = asked.version().blueprint().inputs();
        positions.keySet().forEach(partition -> {
            if (inputs.stream().noneMatch(input -> input.topic().equals(partition.topic()))) {
                throw ProblemException.badParameter(
                        StoreRequest.MIN_POSITION,
                        asked.version().id() + " does not read topic " + partition.topic() + "; it reads "
                                + inputs.stream().map(input -> input.topic()).toList());
            }
        });
        SortedMap<String, Long> behind =
                waiting.during(() -> instance.applied().await(asked.version(), positions, patience));
        if (!behind.isEmpty()) {
            throw ProblemException.notReached(asked.version().id() + " has not applied within " + patience
                            + " what is asked for; it has applied what comes before "
                            + behind.entrySet().stream()
                                    .map(reached -> reached.getKey() + ":" + reached.getValue())
                                    .collect(Collectors.joining(",")))
                    .with(VersionLookup.headers(asked.catalog(), asked.version(), Duration.ZERO));
        }
    }

    private static Duration maxWait(QueryParameters parameters) {
        Duration wait = parameters.duration(StoreRequest.MAX_WAIT).orElse(DEFAULT_WAIT);
        if (wait.compareTo(LONGEST_WAIT) > 0) {
            throw ProblemException.badParameter(StoreRequest.MAX_WAIT, "at most " + LONGEST_WAIT + "; got " + wait);
        }
        return wait;
    }

    /**
     * Lets another instance answer a whole request.
     *
     * @param epoch of the catalog that the request was understood by
     */
    HttpResponse<?> passOn(
            HttpRequest<?> request, Optional<ObjectNode> body, QueryParameters parameters, String other, long epoch) {
        try {
            return client.passOn(request, body, other, epoch, maxWait(parameters));
        } catch (IOException e) {
            throw ProblemException.unavailable("The version is not run by this instance, and " + other
                    + ", which runs it, does not answer: " + e.getMessage());
        }
    }
}
