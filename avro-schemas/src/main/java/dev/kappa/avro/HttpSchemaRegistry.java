package dev.kappa.avro;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.avro.WireFormat.SchemaReference;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A registry behind Confluent's REST API. Blocks the calling thread, with back-off, while the registry is unavailable.
 *
 * <p>The address may be the API's own, or that of an Apicurio registry, which has the API under a path of its own.
 */
public final class HttpSchemaRegistry implements SchemaRegistry {

    private static final Logger log = LoggerFactory.getLogger(HttpSchemaRegistry.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CONTENT_TYPE = "application/vnd.schemaregistry.v1+json";
    private static final String APICURIO_PATH = "/apis/ccompat/v7";
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(15);

    private final List<URI> urls;
    private final RegistryCredentials credentials;
    private final Optional<OAuthTokens> tokens;
    private final Map<String, String> requestHeaders;
    private final AvroSerdeConfig.Retry retry;
    private final HttpClient http;
    private final SchemaCache<SchemaReference, Schema> schemas = new SchemaCache<>();
    private final UnreadableSchemas unreadable = new UnreadableSchemas();
    private final Map<SubjectSchema, Integer> ids = new ConcurrentHashMap<>();
    private final Map<URI, String> roots = new ConcurrentHashMap<>();

    private enum Method {
        GET,
        POST,
        DELETE
    }

    private record SubjectSchema(String subject, Schema schema) {}

    public HttpSchemaRegistry(AvroSerdeConfig config) {
        this.urls =
                config.urls().stream().map(HttpSchemaRegistry::withoutUserInfo).toList();
        this.credentials = config.credentials();
        this.requestHeaders = config.requestHeaders();
        this.retry = config.retry();
        HttpClient.Builder builder =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIMEOUT);
        RegistryTls.sslContext(config.tls()).ifPresent(builder::sslContext);
        this.http = builder.build();
        this.tokens = credentials instanceof RegistryCredentials.ClientCredentials client
                ? Optional.of(new OAuthTokens(http, client))
                : Optional.empty();
    }

    @Override
    public int register(String subject, Schema schema) {
        return id(subject, schema, "/subjects/" + encoded(subject) + "/versions");
    }

    @Override
    public int idOf(String subject, Schema schema) {
        return id(subject, schema, "/subjects/" + encoded(subject));
    }

    private int id(String subject, Schema schema, String path) {
        var key = new SubjectSchema(subject, schema);
        Integer known = ids.get(key);
        if (known != null) {
            return known;
        }
        String body = JSON.createObjectNode().put("schema", schema.toString()).toString();
        JsonNode answer = call("schema " + schema.getFullName() + " of subject " + subject, path, Method.POST, body);
        int id = answer.path("id").asInt();
        ids.put(key, id);
        return id;
    }

    @Override
    public Registered latest(String subject) {
        String what = "newest schema of subject " + subject;
        JsonNode answer = get(what, "/subjects/" + encoded(subject) + "/versions/latest");
        return new Registered(answer.path("id").asInt(), parse(answer, what));
    }

    @Override
    public Schema byId(int id) {
        return cached(new SchemaReference.Id(id), reference -> schemaAt(reference.toString(), "/schemas/ids/" + id));
    }

    private Schema cached(SchemaReference reference, Function<SchemaReference, Schema> ask) {
        return schemas.computeIfAbsent(reference, missing -> {
            unreadable.reason(missing, System.nanoTime()).ifPresent(reason -> {
                throw new SerializationException(reason);
            });
            try {
                return ask.apply(missing);
            } catch (SerializationException e) {
                unreadable.found(missing, String.valueOf(e.getMessage()), System.nanoTime());
                throw e;
            }
        });
    }

    @Override
    public Schema byGuid(UUID guid) {
        return cached(new SchemaReference.Guid(guid), reference -> guidAt(reference.toString(), guid));
    }

    private Schema guidAt(String what, UUID guid) {
        try {
            return schemaAt(what, "/schemas/guids/" + guid);
        } catch (SchemaRegistryException e) {
            // Not every registry knows of GUIDs; bytes that are none look like one, too.
            if (e.status() == 404 && (e.isNotFound() || answersOtherwise())) {
                throw new SerializationException("The schema registry at " + address() + " has no " + what);
            }
            throw e;
        }
    }

    private boolean answersOtherwise() {
        try {
            call("the list of subjects", "/subjects", Method.GET, "");
            return true;
        } catch (SchemaRegistryException e) {
            return false;
        }
    }

    private Schema schemaAt(String what, String path) {
        JsonNode answer;
        try {
            answer = get(what, path);
        } catch (SchemaRegistryException e) {
            if (e.errorCode() == SchemaRegistryException.SCHEMA_NOT_FOUND) {
                // Without the cause: it is no failure of the registry.
                throw new SerializationException(e.getMessage());
            }
            throw e;
        }
        return parse(answer, what);
    }

    @Override
    public boolean delete(String subject) {
        String path = "/subjects/" + encoded(subject);
        ids.keySet().removeIf(key -> key.subject().equals(subject));
        // Confluent's registry deletes in two steps; others delete at once and then know nothing of the second.
        boolean marked = deleted(subject, path);
        boolean gone = deleted(subject, path + "?permanent=true");
        return marked || gone;
    }

    private boolean deleted(String subject, String path) {
        try {
            call("the deletion of subject " + subject, path, Method.DELETE, "");
            return true;
        } catch (SchemaRegistryException e) {
            if (e.isNotFound()) {
                return false;
            }
            throw e;
        }
    }

    @Override
    public String address() {
        return urls.stream().map(URI::toString).collect(Collectors.joining(","));
    }

    @Override
    public void close() {
        http.shutdownNow();
    }

    private Schema parse(JsonNode answer, String what) {
        String type = answer.path("schemaType").asText("AVRO");
        if (!type.equals("AVRO")) {
            throw new SerializationException(
                    "The " + what + " in the registry at " + address() + " is " + type + ", not Avro");
        }
        requireNoRules(answer, what);
        // As lenient as Confluent's client is with schemas that are registered: what they name and default to does no
        // harm.
        var parser = new Schema.Parser(NameValidator.NO_VALIDATION).setValidateDefaults(false);
        try {
            parseReferences(answer, parser, new HashSet<>());
            Schema schema = parser.parse(answer.path("schema").asText());
            if (!ExpandedSchema.isBounded(schema)) {
                throw new SerializationException("The " + what + " in the registry at " + address()
                        + " is not read: written out, it has more than " + ExpandedSchema.MAX_PARTS
                        + " parts, or a record in it has many values for few bytes");
            }
            return schema;
        } catch (AvroRuntimeException e) {
            throw new SerializationException(
                    "The " + what + " in the registry at " + address() + " cannot be parsed: " + e.getMessage(), e);
        } catch (StackOverflowError e) {
            throw new SerializationException(
                    "The " + what + " in the registry at " + address() + " is nested too deeply", e);
        }
    }

    /** Values that rules of their schema have encrypted or changed would be read as they are. */
    private void requireNoRules(JsonNode answer, String what) {
        for (String kind : List.of("domainRules", "encodingRules")) {
            for (JsonNode rule : answer.path("ruleSet").path(kind)) {
                if (rule.path("kind").asText().equals("TRANSFORM")
                        && !rule.path("disabled").asBoolean()) {
                    throw new SerializationException("The " + what + " in the registry at " + address()
                            + " has the rule " + rule.path("name").asText() + " of type "
                            + rule.path("type").asText() + ", which changes values and is not supported");
                }
            }
        }
    }

    /** Makes the named types of the schemas that a schema refers to known to the parser, those they refer to before them. */
    private void parseReferences(JsonNode answer, Schema.Parser parser, Set<String> seen) {
        for (JsonNode reference : answer.path("references")) {
            String subject = reference.path("subject").asText();
            int version = reference.path("version").asInt();
            String name = reference.path("name").asText();
            // Of several with one name the first counts, as in Confluent's client.
            if (seen.add(name)) {
                String what = "referenced schema " + name + ", version " + version + " of subject " + subject;
                JsonNode referenced;
                try {
                    // A subject may have been deleted since; the schemas that refer to it still need it.
                    referenced = get(what, "/subjects/" + encoded(subject) + "/versions/" + version + "?deleted=true");
                } catch (SchemaRegistryException e) {
                    if (e.isNotFound()) {
                        throw new SerializationException(e.getMessage());
                    }
                    throw e;
                }
                parseReferences(referenced, parser, seen);
                parser.parse(referenced.path("schema").asText());
            }
        }
    }

    private JsonNode get(String what, String path) {
        return call(what, path, Method.GET, "");
    }

    /** Asks each address in turn, then waits and starts over; only an answer or the bound ends it. */
    private JsonNode call(String what, String path, Method method, String body) {
        Duration wait = retry.firstWait();
        long begun = System.nanoTime();
        for (int attempt = 0; ; attempt++) {
            String failure = "";
            @Nullable IOException cause = null;
            for (URI url : urls) {
                try {
                    HttpResponse<String> response = send(root(url) + path, method, body);
                    int status = response.statusCode();
                    if (status == 200) {
                        return JSON.readTree(response.body());
                    }
                    if (status < 500 && status != 408 && status != 429) {
                        throw SchemaRegistryException.refusal(address(), what, status, response.body());
                    }
                    failure = "HTTP status " + status;
                } catch (IOException e) {
                    failure = e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
                    cause = e;
                } catch (InterruptedException e) {
                    throw new InterruptException("Interrupted while asking the schema registry for " + what, e);
                }
            }
            if (attempt == retry.retries()) {
                long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
                throw new SchemaRegistryUnavailableException(
                        "The schema registry at " + address() + " could not be asked for " + what + ": "
                                + (attempt + 1) + " attempts in " + seconds + " s, the last failed with " + failure
                                + ". Start it, or correct " + AvroSerdeConfig.URL + ".",
                        cause);
            }
            if (attempt == 0) {
                log.warn(
                        "Schema registry does not answer, trying again: registry={} failure=\"{}\"",
                        address(),
                        failure);
            }
            sleep(wait, what);
            Duration doubled = wait.multipliedBy(2);
            wait = doubled.compareTo(retry.longestWait()) > 0 ? retry.longestWait() : doubled;
        }
    }

    /** Where the API begins at an address. */
    private String root(URI url) throws IOException, InterruptedException {
        String known = roots.get(url);
        if (known != null) {
            return known;
        }
        String text = url.toString();
        String root = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
        for (String candidate : List.of(root, root + APICURIO_PATH)) {
            int status = send(candidate + "/subjects", Method.GET, "").statusCode();
            if (status == 200) {
                roots.put(url, candidate);
                return candidate;
            }
            if (status != 404) {
                break;
            }
        }
        // Neither, for now: the request itself will say what is wrong.
        return root;
    }

    private HttpResponse<String> send(String address, Method method, String body)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address))
                .timeout(REQUEST_TIMEOUT)
                .header("Accept", CONTENT_TYPE);
        requestHeaders.forEach(request::header);
        Optional<String> authorization = authorization();
        authorization.ifPresent(value -> request.header("Authorization", value));
        switch (method) {
            case GET -> request.GET();
            case POST -> request.header("Content-Type", CONTENT_TYPE).POST(HttpRequest.BodyPublishers.ofString(body));
            case DELETE -> request.DELETE();
        }
        HttpResponse<String> response =
                http.send(request.build(), HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        if (response.statusCode() == 401) {
            tokens.ifPresent(OAuthTokens::discard);
        }
        return response;
    }

    private Optional<String> authorization() throws IOException, InterruptedException {
        return switch (credentials) {
            case RegistryCredentials.None _ -> Optional.empty();
            case RegistryCredentials.Basic basic ->
                Optional.of("Basic "
                        + Base64.getEncoder().encodeToString(basic.userInfo().getBytes(StandardCharsets.UTF_8)));
            case RegistryCredentials.Token token -> Optional.of("Bearer " + token.token());
            case RegistryCredentials.ClientCredentials _ ->
                Optional.of("Bearer " + tokens.orElseThrow().token());
        };
    }

    private static void sleep(Duration wait, String what) {
        try {
            Thread.sleep(wait);
        } catch (InterruptedException e) {
            throw new InterruptException("Interrupted while waiting for the schema registry to ask for " + what, e);
        }
    }

    private static String encoded(String subject) {
        return URLEncoder.encode(subject, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static URI withoutUserInfo(URI url) {
        try {
            return new URI(url.getScheme(), null, url.getHost(), url.getPort(), url.getPath(), null, null);
        } catch (URISyntaxException e) {
            throw new ConfigException(AvroSerdeConfig.URL, url.getHost(), "not an address: " + e.getReason());
        }
    }
}
