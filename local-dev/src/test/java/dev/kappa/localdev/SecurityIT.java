package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.PartitionRequests;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.command.Kappa;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.fleet.ReportSignatures;
import dev.kappa.reprocessing.fleet.Reporter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may do what, on a fleet of which one instance knows its callers by tokens of a file and the other by JSON Web Tokens. */
class SecurityIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET = "a secret that the instances of the fleet share";
    private static final String ISSUER = "https://issuer.test";
    private static final String WINDOWS = "/api/v1/views/hashtag-trends/stores/counts/windows";

    /** Callers and the roles of their tokens. */
    private static final Map<String, String> ROLES =
            Map.of("reader", "reader", "trends", "reader:hashtag-trends", "operator", "operator", "admin", "admin");

    @TempDir
    static Path directory = Path.of("");

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static Optional<LocalCluster> started = Optional.empty();
    private static Optional<LocalCluster.Another> other = Optional.empty();
    private static Optional<KeyPair> keys = Optional.empty();
    private static final List<String> WEB_TOKENS = new CopyOnWriteArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        KeyPair pair = newKeys();
        keys = Optional.of(pair);
        Path tokens = Files.writeString(
                directory.resolve("tokens"),
                ROLES.entrySet().stream()
                        .map(caller ->
                                caller.getKey() + " " + sha256(tokenOf(caller.getKey())) + " " + caller.getValue())
                        .collect(Collectors.joining("\n", "# name, sum, roles\n", "\n")));
        Path secret = Files.writeString(directory.resolve("secret"), SECRET + "\n");
        Path keySet = Files.writeString(directory.resolve("keys.json"), keySet(pair));

        LocalCluster cluster = new LocalCluster(directory, "hashtag-trends", "fraud-alerts", "sensor-averages")
                .startBrokerAndRegistry();
        started = Optional.of(cluster);
        var process = cluster.launchApp(
                Map.of(),
                "-Dkappa.security.mode=tokens",
                "-Dkappa.security.tokens-file=" + tokens,
                "-Dkappa.security.fleet-secret-file=" + secret);
        assertThat(process.isAlive()).isTrue();
        cluster.awaitApp();
        other = Optional.of(cluster.startAnotherApp(
                Map.of(),
                "-Dkappa.security.mode=jwt",
                "-Dkappa.security.jwt.keys=" + keySet,
                "-Dkappa.security.jwt.issuer=" + ISSUER,
                "-Dkappa.security.jwt.audience=kappa",
                "-Dkappa.security.jwt.roles-claim=realm_access.roles",
                "-Dkappa.security.requests-per-second=50",
                "-Dkappa.security.fleet-secret-file=" + secret));
    }

    @AfterAll
    static void stop() throws IOException {
        other.ifPresent(LocalCluster.Another::close);
        started.ifPresent(LocalCluster::close);
        HTTP.close();
        // Logs, topics and state directories hold no token and no secret, whatever the tests have sent.
        var secrets = new ArrayList<>(List.of("token-of-", SECRET));
        secrets.addAll(WEB_TOKENS);
        Files.delete(directory.resolve("secret"));
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(secrets);
            }
        }
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return generator.generateKeyPair();
    }

    private static String tokenOf(String caller) {
        return "token-of-" + caller + "-0123456789";
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static HttpResponse<String> send(String method, URI address, Map<String, String> headers, String body)
            throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(address)
                .header("Content-Type", "application/json")
                .method(
                        method,
                        method.equals("GET")
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static Map<String, String> bearer(String token) {
        return Map.of("Authorization", "Bearer " + token);
    }

    /** Method, path, body, and the status for nobody, reader, reader of hashtag-trends, operator and admin. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            GET  | /health/liveness                                     |                            | 200 | 200 | 200 | 200 | 200
            GET  | /health/readiness                                    |                            | 200 | 200 | 200 | 200 | 200
            GET  | /openapi.json                                        |                            | 200 | 200 | 200 | 200 | 200
            GET  | /docs                                                |                            | 200 | 200 | 200 | 200 | 200
            GET  | /                                                    |                            | 200 | 200 | 200 | 200 | 200
            GET  | /console/console.js                                  |                            | 200 | 200 | 200 | 200 | 200
            GET  | /console/lib/preact/standalone.module.js             |                            | 200 | 200 | 200 | 200 | 200
            GET  | /console/dagre/dagre.min.js                          |                            | 200 | 200 | 200 | 200 | 200
            GET  | /console/uplot/uPlot.esm.js                          |                            | 200 | 200 | 200 | 200 | 200
            GET  | /console/..%2Fapplication.properties                 |                            | 401 | 404 | 404 | 404 | 404
            GET  | /api/v1/caller                                       |                            | 401 | 200 | 200 | 200 | 200
            GET  | /api/v1/instances                                    |                            | 401 | 200 | 200 | 200 | 200
            GET  | /api/v1/activity                                     |                            | 401 | 200 | 200 | 200 | 200
            GET  | /api/v1/events?limit=1                               |                            | 401 | 400 | 400 | 400 | 400
            GET  | /api/v1/views/fraud-alerts/events?limit=1            |                            | 401 | 400 | 403 | 400 | 400
            GET  | /api/v1/views/fraud-alerts/topology                  |                            | 401 | 200 | 403 | 200 | 200
            GET  | /api/v1/views/hashtag-trends/dead-letters            |                            | 401 | 403 | 403 | 200 | 200
            POST | /api/v1/views/hashtag-trends/dead-letters/resend     | {"letters": ["9:9"]}       | 401 | 403 | 403 | 422 | 422
            GET  | /internal/instance                                   |                            | 401 | 401 | 401 | 401 | 401
            GET  | /internal/topology?view=hashtag-trends&version=1     |                            | 401 | 401 | 401 | 401 | 401
            GET  | /docs/assets/swagger-ui.css                          |                            | 200 | 200 | 200 | 200 | 200
            GET  | /prometheus                                          |                            | 401 | 200 | 403 | 200 | 200
            GET  | /metrics                                             |                            | 401 | 200 | 403 | 200 | 200
            GET  | /api/v1/views                                           |                            | 401 | 200 | 200 | 200 | 200
            GET  | /api/v1/views/hashtag-trends                            |                            | 401 | 200 | 200 | 200 | 200
            GET  | /api/v1/views/fraud-alerts                              |                            | 401 | 200 | 403 | 200 | 200
            GET  | /api/v1/views/fraud%2Dalerts                            |                            | 401 | 200 | 403 | 200 | 200
            GET  | /api/v1/views/hashtag-trends/stores/counts/windows      |                            | 401 | 200 | 200 | 200 | 200
            GET  | /api/v1/views/fraud-alerts/stores/alerts/entries        |                            | 401 | 200 | 403 | 200 | 200
            GET  | /api/v1/views/hashtag-trends/changes?limit=1            |                            | 401 | 400 | 400 | 400 | 400
            GET  | /api/v1/views/hashtag-trends/versions                   |                            | 401 | 200 | 200 | 200 | 200
            GET  | /api/v1/views/hashtag-trends/history                    |                            | 401 | 200 | 200 | 200 | 200
            GET  | /api/v1/views/hashtag-trends/diff                       |                            | 401 | 403 | 403 | 422 | 422
            POST | /api/v1/views/hashtag-trends/replays                    | {"dryRun": true}           | 401 | 403 | 403 | 200 | 200
            POST | /api/v1/views/hashtag-trends/switch                     | {"version": 9}             | 401 | 403 | 403 | 422 | 422
            POST | /api/v1/views/hashtag-trends/rollback                   | {}                         | 401 | 403 | 403 | 422 | 422
            POST | /api/v1/views/hashtag-trends/abort                      | {"version": 9}             | 401 | 403 | 403 | 422 | 422
            POST | /api/v1/views/hashtag-trends/throttle                   | {"version": 9}             | 401 | 403 | 403 | 422 | 422
            POST | /api/v1/views/hashtag-trends/retire                     | {"version": 9}             | 401 | 403 | 403 | 403 | 422
            POST | /internal/partitions?sha256=0                        | {}                         | 401 | 401 | 401 | 401 | 401
            GET  | /nothing                                             |                            | 401 | 404 | 404 | 404 | 404
            GET  | /api/v1/views/..%2Fhashtag-trends                       |                            | 401 | 404 | 403 | 404 | 404
            GET  | /health/../api/v1/views                                 |                            | 401 | 404 | 404 | 404 | 404
            POST | /api/v1/views                                           | {}                         | 401 | 403 | 403 | 403 | 405
            POST | /api/v1/views/hashtag-trends/retire/                    | {"version": 9}             | 401 | 403 | 403 | 403 | 422
            POST | /api/v1/views/hashtag-trends/switch/                    | {"version": 9}             | 401 | 403 | 403 | 422 | 422
            GET  | /api/v1/views/fraud-alerts/                             |                            | 401 | 200 | 403 | 200 | 200
            GET  | /health/                                             |                            | 401 | 200 | 200 | 200 | 200
            """)
    void everyRoleMayDoWhatItMay(
            String method, String path, String body, int nobody, int reader, int trends, int operator, int admin)
            throws Exception {
        URI address = started.orElseThrow().appUri(path);
        String sent = body == null ? "" : body;
        assertStatus(nobody, send(method, address, Map.of(), sent), "nobody");
        assertStatus(nobody, send(method, address, bearer("token-of-nobody"), sent), "an unknown token");
        assertStatus(nobody, send(method, address, Map.of("Authorization", "Basic YTpi"), sent), "a password");
        Map<String, Integer> expected =
                Map.of("reader", reader, "trends", trends, "operator", operator, "admin", admin);
        for (var caller : expected.entrySet()) {
            assertStatus(
                    caller.getValue(), send(method, address, bearer(tokenOf(caller.getKey())), sent), caller.getKey());
        }
    }

    /** It knows neither Kafka nor the registry: an instance does what the roles of the token allow. */
    @Test
    void commandWithATokenDoesWhatTheRolesAllow() throws Exception {
        String view = "sensor-averages";
        assertCommand(1, "reader", "replay", "start", view).contains("operator");
        assertCommand(0, "operator", "replay", "start", view, "--set", "grace=PT20M", "--dry-run")
                .contains("into sensor-averages.v2");
        assertCommand(0, "operator", "replay", "start", view, "--watch")
                .contains("into sensor-averages.v2", "sensor-averages.v2 is CAUGHT_UP");
        assertCommand(0, "operator", "replay", "throttle", view, "--max-rate", "1000")
                .contains("sensor-averages.v2");
        assertCommand(0, "operator", "replay", "switch", view).contains("get v2 instead of v1", "v1 keeps running");
        assertCommand(1, "operator", "replay", "switch", view).contains("has no replay to switch to");
        assertCommand(0, "operator", "replay", "rollback", view, "--force").contains("get v1 instead of v2");
        assertCommand(1, "operator", "version", "restart", view).contains("FAILED");
        assertCommand(1, "operator", "replay", "retire", view, "--version", "2").contains("admin");
        assertCommand(0, "admin", "replay", "retire", view, "--version", "2", "--dry-run")
                .contains("Deletes of sensor-averages.v2:");
        assertCommand(0, "admin", "replay", "retire", view, "--version", "2").contains("sensor-averages.v2 is retired");
        assertCommand(1, "reader", "dlq", "resend", view, "--all").contains("operator");
        assertCommand(0, "operator", "dlq", "resend", view, "--all").contains("Sent 0 of 0 again.");
        // Whoever watches a start that was interrupted finishes it.
        assertThat(started.orElseThrow().kappaHaltedAt(CrashPoint.VERSION_PLANNED, "replay", "start", view))
                .isEqualTo(137);
        assertCommand(0, "operator", "replay", "watch", view).contains("sensor-averages.v3 is CAUGHT_UP");
        assertCommand(0, "operator", "replay", "abort", view).contains("sensor-averages.v3 is aborted");
        assertCommand(2, "operator", "replay", "start", view, "--views", "pom.xml")
                .contains("--views");
        JsonNode changes = JSON.readTree(send(
                                "GET",
                                started.orElseThrow().appUri("/api/v1/views/" + view + "/history"),
                                bearer(tokenOf("reader")),
                                "")
                        .body())
                .path("changes");
        assertThat(changes.findValuesAsText("operator")).contains("operator", "admin");
        assertThat(changes.findValuesAsText("command")).contains("replay rollback sensor-averages --force");
        assertThat(changes.findValuesAsText("claimed"))
                .anyMatch(claimed -> claimed.startsWith(System.getProperty("user.name") + "@"));
    }

    private static AbstractStringAssert<?> assertCommand(int expected, String caller, String... command)
            throws IOException {
        Path token = Files.writeString(directory.resolve("token-file"), tokenOf(caller));
        var printed = new StringWriter();
        var out = new PrintWriter(printed, true);
        String[] options = {
            "--server",
            started.orElseThrow().appUri("").toString(),
            "--token-file",
            token.toString(),
            "--data-dir",
            directory.resolve("nothing").toString(),
            "--yes"
        };
        int code = Kappa.run(
                out, out, Stream.concat(Stream.of(command), Stream.of(options)).toArray(String[]::new));
        Files.delete(token);
        assertThat(code).as("%s", printed).isEqualTo(expected);
        return assertThat(printed.toString());
    }

    private static void assertStatus(int expected, HttpResponse<String> answer, String caller) throws IOException {
        assertThat(answer.statusCode()).as("%s: %s", caller, answer.body()).isEqualTo(expected);
        if (expected >= 400) {
            assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
            assertThat(JSON.readTree(answer.body()).path("status").asInt()).isEqualTo(expected);
        }
        assertThat(answer.body()).doesNotContain("token-of-");
        if (expected == 401) {
            assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValue("Bearer");
        }
    }

    @Test
    void readerOfOneViewHearsOfNoOther() throws Exception {
        LocalCluster cluster = started.orElseThrow();
        for (String path : List.of("/api/v1/views", "/api/v1/instances", "/api/v1/activity")) {
            assertThat(send("GET", cluster.appUri(path), bearer(tokenOf("trends")), "")
                            .body())
                    .as(path)
                    .contains("hashtag-trends")
                    .doesNotContain("fraud-alerts");
        }
        var request = HttpRequest.newBuilder(cluster.appUri("/api/v1/events"))
                .header("Authorization", "Bearer " + tokenOf("trends"));
        try (Stream<String> lines =
                HTTP.send(request.build(), HttpResponse.BodyHandlers.ofLines()).body()) {
            assertThat(lines.filter(line -> line.startsWith("data:")).findFirst())
                    .hasValueSatisfying(first ->
                            assertThat(first).contains("hashtag-trends").doesNotContain("fraud-alerts"));
        }
    }

    @Test
    void whoAsksTooOftenIsToldToWait() throws Exception {
        URI address = other.orElseThrow().uri("/api/v1/views");
        String hasty = jwt(claims(Map.of("sub", "hasty")));
        int refused = 0;
        for (int i = 0; i < 400; i++) {
            HttpResponse<String> answer = send("GET", address, bearer(hasty), "");
            if (answer.statusCode() == 429) {
                assertThat(answer.headers().firstValue("Retry-After")).isPresent();
                refused++;
            }
        }
        assertThat(refused).isPositive();
        assertStatus(200, send("GET", address, bearer(jwt(claims(Map.of()))), ""), "somebody else");
    }

    /** Targets that one part of a server could read as one path, and another as another. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "a:/health?://x/api/v1/views/hashtag-trends/retire",
                "a:/health?://x/api/v1/views/hashtag-trends/stores/counts/windows?&limit=1",
                "http://127.0.0.1/health?://x/api/v1/views/hashtag-trends",
                "a://b?x/api/v1/views/hashtag-trends",
                "//health/../api/v1/views/hashtag-trends",
                "*",
                "api/views/hashtag-trends",
                "/health;/../api/v1/views/hashtag-trends",
                "/health%2f..%2fapi/views/hashtag-trends",
                "/health?/api/v1/views/hashtag-trends"
            })
    void noTargetIsReadInTwoWays(String target) throws Exception {
        for (String method : List.of("GET", "POST")) {
            String answer = started.orElseThrow()
                    .exchange(
                            method + " " + target
                                    + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
            boolean health = target.startsWith("/health?") || target.startsWith("http://127.0.0.1/health?");
            assertThat(answer)
                    .as(method)
                    .matches("(?s)HTTP/1.1 (400|401|404|405" + (health ? "|200" : "") + ") .*")
                    .doesNotContain("\"activeVersion\"", "\"windows\"", "\"phase\"");
        }
    }

    @Test
    void answersTellBrowsersToGuessKeepAndFrameNothing() throws Exception {
        for (String path :
                List.of(WINDOWS, "/api/v1/views/nothing", "/", "/docs", "/openapi.json", "/console/console.js")) {
            var headers = send("GET", started.orElseThrow().appUri(path), bearer(tokenOf("reader")), "")
                    .headers();
            assertThat(headers.firstValue("X-Content-Type-Options")).as(path).contains("nosniff");
            if (path.startsWith("/api/")) {
                assertThat(headers.firstValue("Cache-Control")).as(path).contains("no-store");
            }
            assertThat(headers.firstValue("Content-Security-Policy").orElse(""))
                    .as(path)
                    .contains("frame-ancestors 'none'");
        }
    }

    @Test
    void changesAreNotForHead() throws Exception {
        URI address = started.orElseThrow().appUri("/api/v1/views/hashtag-trends/changes");
        for (int i = 0; i < 120; i++) {
            var head = HttpRequest.newBuilder(address)
                    .HEAD()
                    .header("Authorization", "Bearer " + tokenOf("reader"))
                    .build();
            assertThat(HTTP.send(head, HttpResponse.BodyHandlers.discarding()).statusCode())
                    .isEqualTo(405);
        }
    }

    @Test
    void pagesOfOtherSitesMayChangeNothing() throws Exception {
        URI address = started.orElseThrow().appUri("/api/v1/views/hashtag-trends/rollback");
        String token = "Bearer " + tokenOf("admin");
        assertStatus(
                403,
                send("POST", address, Map.of("Authorization", token, "Origin", "https://evil.test"), "{}"),
                "a page of another site");
        assertStatus(
                422,
                send(
                        "POST",
                        address,
                        Map.of("Authorization", token, "Origin", "http://" + address.getAuthority()),
                        "{}"),
                "our own page");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "maxStaleness=PT9223372036854775807S",
                "minPosition=posts:999999:5",
                "minPosition=posts:0:1&maxWait=PT2H",
                "from=+1000000000-12-31T00:00:00Z",
                "limit=99999999999",
                "cursor=AAAA",
                "%00=1"
            })
    void whatMakesNoSenseIsAClientsFault(String query) throws Exception {
        HttpResponse<String> answer =
                send("GET", started.orElseThrow().appUri(WINDOWS + "?" + query), bearer(tokenOf("reader")), "");
        assertStatus(400, answer, query);
    }

    @Test
    void aListNamesTheViewsThatTheCallerMayRead() throws Exception {
        JsonNode views =
                JSON.readTree(send("GET", started.orElseThrow().appUri("/api/v1/views"), bearer(tokenOf("trends")), "")
                        .body());
        assertThat(views.path("views").findValuesAsText("name")).containsExactly("hashtag-trends");
    }

    /** Each instance has some partitions only: it asks the other, which knows its callers in another way. */
    @Test
    void instancesAnswerEachOther() throws Exception {
        String request = PartitionRequests.windows("hashtag-trends", "counts");
        String own = PartitionRequests.path(request);
        URI target = started.orElseThrow().appUri(own);
        Map<String, String> signature = signed(SECRET, target, own, Instant.now());
        HttpResponse<String> part = send("POST", target, signature, request);
        assertThat(part.statusCode()).as(part.body()).isEqualTo(200);
        assertThat(JSON.readTree(part.body()).path("missing")).isNotEmpty();
        assertThat(send("POST", target, signature, request).statusCode())
                .as("a second time")
                .isEqualTo(401);
        assertThat(send("POST", other.orElseThrow().uri(own), signed(SECRET, target, own, Instant.now()), request)
                        .statusCode())
                .as("at another instance")
                .isEqualTo(401);
        assertThat(send("GET", started.orElseThrow().appUri(WINDOWS), bearer(tokenOf("reader")), "")
                        .statusCode())
                .isEqualTo(200);
        assertThat(send("GET", other.orElseThrow().uri(WINDOWS), bearer(jwt(claims(Map.of()))), "")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void whoIsNoInstanceGetsNothingInternal() throws Exception {
        String request = PartitionRequests.windows("hashtag-trends", "counts");
        String path = PartitionRequests.path(request);
        URI address = started.orElseThrow().appUri(path);
        Instant now = Instant.now();
        assertThat(send(
                                "POST",
                                address,
                                signed("a secret of another fleet, of any length", address, path, now),
                                request)
                        .statusCode())
                .isEqualTo(401);
        assertThat(send("POST", address, signed(SECRET, address, path + "0", now), request)
                        .statusCode())
                .isEqualTo(401);
        assertThat(send("POST", address, signed(SECRET, address, path, now), request.replace("100", "999"))
                        .statusCode())
                .as("another body than was signed")
                .isEqualTo(400);
        assertThat(send("POST", address, signed(SECRET, address, path, now.minusSeconds(120)), request)
                        .statusCode())
                .isEqualTo(401);
        assertThat(send("POST", address, Map.of("Kappa-Fleet", "0:00"), request).statusCode())
                .isEqualTo(401);
        // Instances forward nothing but reads.
        String retire = "/api/v1/views/hashtag-trends/retire";
        URI operation = started.orElseThrow().appUri(retire);
        assertThat(send("POST", operation, signed(SECRET, operation, retire, now), "{\"version\": 9}")
                        .statusCode())
                .isEqualTo(403);
    }

    private static Map<String, String> signed(String secret, URI target, String path, Instant at)
            throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        var nonce = new byte[12];
        ThreadLocalRandom.current().nextBytes(nonce);
        String head = at.toEpochMilli() + ":" + HexFormat.of().formatHex(nonce);
        String text = head + "\n" + target.getAuthority() + "\nPOST\n" + path;
        return Map.of(
                "Kappa-Fleet",
                head + ":" + HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void onlyGoodWebTokensCount() throws Exception {
        KeyPair pair = keys.orElseThrow();
        String rs256 = "{\"alg\":\"RS256\",\"kid\":\"one\"}";
        assertWebToken(200, jwt(claims(Map.of())));
        assertWebToken(200, jwt("{\"alg\":\"RS256\",\"typ\":\"at+jwt\"}", claims(Map.of()), pair));
        assertWebToken(
                401, jwt(claims(Map.of("exp", Instant.now().minusSeconds(3600).getEpochSecond()))));
        assertWebToken(
                401, jwt(claims(Map.of("nbf", Instant.now().plusSeconds(3600).getEpochSecond()))));
        assertWebToken(401, jwt(claims(Map.of("iss", "https://elsewhere.test"))));
        assertWebToken(401, jwt(claims(Map.of("aud", "another"))));
        assertWebToken(401, jwt(rs256, claims(Map.of()), newKeys()));
        assertWebToken(401, jwt(rs256.replace("one", "two"), claims(Map.of()), newKeys()));
        String unsigned = base64("{\"alg\":\"none\"}") + "." + base64(claims(Map.of())) + ".";
        assertWebToken(401, unsigned);
        // The public key as the secret of a symmetric algorithm.
        String hs256 = base64("{\"alg\":\"HS256\"}") + "." + base64(claims(Map.of()));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(pair.getPublic().getEncoded(), "HmacSHA256"));
        assertWebToken(
                401,
                hs256 + "."
                        + Base64.getUrlEncoder()
                                .withoutPadding()
                                .encodeToString(mac.doFinal(hs256.getBytes(StandardCharsets.UTF_8))));
        assertWebToken(401, jwt(claims(Map.of())).replace(".", ".e"));
        assertWebToken(403, jwt(claims(Map.of("realm_access", Map.of("roles", List.of("kappa:reader:fraud-alerts"))))));
        assertWebToken(
                403,
                jwt(claims(Map.of("realm_access", Map.of("roles", List.of("offline_access", "admin", "reader"))))));
        assertWebToken(403, jwt(claims(Map.of("realm_access", "admin"))));
        assertWebToken(401, jwt(claims(Map.of("typ", "ID"))));
        assertWebToken(401, jwt(claims(Map.of("token_use", "id"))));
        assertWebToken(401, jwt(claims(Map.of("at_hash", "x"))));
        assertWebToken(401, jwt(claims(Map.of("nonce", "x"))));
        assertWebToken(200, jwt(claims(Map.of("nonce", "x", "typ", "Bearer"))));
    }

    private static void assertWebToken(int expected, String token) throws Exception {
        assertStatus(expected, send("GET", other.orElseThrow().uri(WINDOWS), bearer(token), ""), token);
    }

    private static String claims(Map<String, Object> changed) throws IOException {
        var claims = new HashMap<String, Object>(Map.of(
                "sub", "somebody",
                "iss", ISSUER,
                "aud", List.of("kappa", "others"),
                "exp", Instant.now().plusSeconds(600).getEpochSecond(),
                "realm_access", Map.of("roles", List.of("kappa:reader", "uma_authorization", "admin"))));
        claims.putAll(changed);
        return JSON.writeValueAsString(claims);
    }

    private static String jwt(String claims) throws GeneralSecurityException {
        return jwt("{\"alg\":\"RS256\",\"kid\":\"one\"}", claims, keys.orElseThrow());
    }

    private static String jwt(String header, String claims, KeyPair pair) throws GeneralSecurityException {
        String text = base64(header) + "." + base64(claims);
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(pair.getPrivate());
        signature.update(text.getBytes(StandardCharsets.US_ASCII));
        String token = text + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature.sign());
        WEB_TOKENS.add(token);
        return token;
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String keySet(KeyPair pair) {
        var key = (RSAPublicKey) pair.getPublic();
        return """
                {"keys": [{"kty": "RSA", "use": "sig", "kid": "one", "n": "%s", "e": "%s"}]}
                """.formatted(unsigned(key.getModulus()), unsigned(key.getPublicExponent()));
    }

    private static String unsigned(BigInteger number) {
        byte[] bytes = number.toByteArray();
        byte[] stripped = bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
        return Base64.getUrlEncoder().withoutPadding().encodeToString(stripped);
    }

    /** A client that sends a byte now and then is not waited for, whether in a request's head or in its body. */
    @Test
    void slowRequestsAreEnded() throws Exception {
        try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<String>> answers = Stream.of(
                            "GET /api/v1/views HTTP/1.1\r\nHost: kappa\r\nX: ",
                            "POST /api/v1/views/x/switch HTTP/1.1\r\nContent-Length: 900\r\nHost: kappa\r\n\r\n")
                    .map(begin -> clients.submit(() -> answerToSlowRequest(begin)))
                    .toList();
            for (Future<String> answer : answers) {
                // What was still being sent may cut the answer short.
                assertThat("HTTP/1.1 4").startsWith(firstOf(answer.get(), 10));
            }
        }
        assertThat(send("GET", started.orElseThrow().appUri("/health/liveness"), Map.of(), "")
                        .statusCode())
                .isEqualTo(200);
    }

    /** What was answered until the connection was closed. */
    private static String answerToSlowRequest(String begin) throws Exception {
        URI address = started.orElseThrow().appUri("");
        try (var socket = new Socket(address.getHost(), address.getPort())) {
            socket.setSoTimeout(500);
            socket.getOutputStream().write(begin.getBytes(StandardCharsets.US_ASCII));
            var answer = new ByteArrayOutputStream();
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                try {
                    socket.getOutputStream().write('x');
                    int read = socket.getInputStream().read();
                    if (read >= 0) {
                        answer.write(read);
                    }
                    return read < 0;
                } catch (SocketTimeoutException stillOpen) {
                    return false;
                } catch (SocketException closed) {
                    return true;
                }
            });
            return answer.toString(StandardCharsets.US_ASCII);
        }
    }

    private static String firstOf(String text, int length) {
        return text.substring(0, Math.min(length, text.length()));
    }

    @Test
    void tooMuchIsRefused() throws Exception {
        HttpResponse<String> answer = send(
                "POST",
                started.orElseThrow().appUri("/api/v1/views/hashtag-trends/switch"),
                bearer(tokenOf("admin")),
                "{\"version\": \"" + "9".repeat(2 << 20) + "\"}");
        assertStatus(413, answer, "too large");
    }

    @Test
    void refusalsAndOperationsAreLoggedAndCounted() throws Exception {
        LocalCluster cluster = started.orElseThrow();
        URI address = cluster.appUri("/api/v1/views/hashtag-trends/rollback");
        var id = "audit-" + UUID.randomUUID();
        Map<String, Integer> expected = Map.of("nobody", 401, "reader", 403, "operator", 422);
        for (var caller : expected.entrySet()) {
            var headers = new HashMap<>(bearer(tokenOf(caller.getKey())));
            headers.put("X-Request-Id", id + "-" + caller.getKey());
            assertStatus(caller.getValue(), send("POST", address, headers, "{}"), caller.getKey());
        }
        String log = cluster.appLog();
        for (var caller : expected.entrySet()) {
            String name = caller.getKey().equals("nobody") ? "unknown" : caller.getKey();
            assertThat(log.lines().filter(line -> line.contains("request=" + id + "-" + caller.getKey())))
                    .singleElement()
                    .asString()
                    .contains(
                            caller.getValue() == 422 ? "Operation: " : "Request refused: ",
                            "status=" + caller.getValue() + " method=POST path=/api/v1/views/hashtag-trends/rollback",
                            "caller=\"" + name + "\" address=127.0.0.1");
        }
        String metrics = send("GET", cluster.appUri("/metrics"), bearer(tokenOf("reader")), "")
                .body();
        assertThat(metrics)
                .contains("kappa_security_refused_total{status=\"401\"}")
                .contains("kappa_security_refused_total{status=\"403\"}")
                .contains("kappa_security_operations_total{status=\"422\"}");
    }

    @Test
    void securityLogCannotBeSilenced() throws Exception {
        URI address = started.orElseThrow().appUri("/loggers/dev.kappa.security");
        HttpResponse<String> answer = send("POST", address, bearer(tokenOf("admin")), "{\"configuredLevel\": \"OFF\"}");
        assertStatus(403, answer, "an admin");
        assertThat(send("GET", address, bearer(tokenOf("admin")), "").body()).contains("INFO");
    }

    /** Anonymous probes learn whether the instance is ready, and the description how to ask; no names of views. */
    @Test
    void whoIsNotKnownLearnsNoNames() throws Exception {
        LocalCluster cluster = started.orElseThrow();
        for (String path : List.of("/health", "/health/readiness", "/openapi.json")) {
            for (String token : List.of("", tokenOf("trends"), tokenOf("reader"), "token-of-nobody")) {
                String body = send("GET", cluster.appUri(path), token.isEmpty() ? Map.of() : bearer(token), "")
                        .body();
                boolean isReader = token.equals(tokenOf("reader"));
                assertThat(body.contains("fraud-alerts"))
                        .as("%s: %s", path, body)
                        .isEqualTo(isReader);
                if (path.equals("/openapi.json")) {
                    assertThat(body.contains("hashtag-trends")).isEqualTo(isReader || token.equals(tokenOf("trends")));
                }
            }
        }
    }

    /** Where a page's name was made to resolve to an instance, its browser sends that name. */
    @Test
    void hostsThatAreNotKnownAreRefused() throws Exception {
        LocalCluster cluster = started.orElseThrow();
        for (String host : List.of("evil.test", "127.0.0.1.evil.test:8080", "kappa.views.svc.evil.test")) {
            for (String path : List.of("/health", "/", "/api/v1/views")) {
                assertThat(cluster.exchange("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nAuthorization: Bearer "
                                + tokenOf("reader") + "\r\nConnection: close\r\n\r\n"))
                        .as("%s %s", host, path)
                        .startsWith("HTTP/1.1 403 ");
            }
        }
    }

    /** Whoever may write to the topic of reports could otherwise let instances ask a server that answers as it likes. */
    @Test
    void reportOfAnotherNamesNoInstance() throws Exception {
        LocalCluster cluster = started.orElseThrow();
        var settings = new HashMap<String, Object>(cluster.clientSettings());
        try (var registry = new HttpSchemaRegistry(AvroSerdeConfig.from(settings));
                var forger = new Reporter(
                        new KafkaSettings(settings), new ClusterNames(""), registry, ReportSignatures.NONE)) {
            var forged = InstanceReport.newBuilder()
                    .setInstance("forged")
                    .setAdvertised("127.0.0.1:1")
                    .setPool("default")
                    .setEpoch(1)
                    .setStopped(false)
                    .setVersions(List.of())
                    .build();
            try (var all = new Fleet(
                    new KafkaSettings(settings),
                    new ClusterNames(""),
                    registry,
                    InstantSource.system(),
                    ReportSignatures.NONE)) {
                // Who accepts every report hears of it.
                await().untilAsserted(() -> {
                    forger.send(forged);
                    assertThat(all.alive())
                            .extracting(InstanceReport::getInstance)
                            .contains("forged")
                            .hasSize(3);
                });
            }
            JsonNode instances =
                    JSON.readTree(send("GET", cluster.appUri("/api/v1/instances"), bearer(tokenOf("reader")), "")
                            .body());
            assertThat(instances.path("instances").findValuesAsText("instance"))
                    .hasSize(2)
                    .doesNotContain("forged");
        }
    }

    /** Half of them do not finish their requests, half do not read the answers. */
    @Test
    void aThousandSlowClientsHinderNobody() throws Exception {
        URI address = started.orElseThrow().appUri(WINDOWS + "?limit=1000");
        var sockets = new ArrayList<Socket>();
        try {
            for (int client = 0; client < 1_000; client++) {
                var socket = new Socket();
                sockets.add(socket);
                socket.setReceiveBufferSize(1_024);
                socket.bind(new InetSocketAddress("127.0.0.3", 0));
                socket.connect(new InetSocketAddress(address.getHost(), address.getPort()));
                String head = "GET " + address.getPath() + "?limit=1000 HTTP/1.1\r\nHost: " + address.getAuthority()
                        + "\r\nAuthorization: Bearer " + tokenOf("reader") + "\r\n";
                socket.getOutputStream()
                        .write((head + (client % 2 == 0 ? "" : "\r\n")).getBytes(StandardCharsets.US_ASCII));
                if (client % 100 == 99) {
                    assertStatus(200, send("GET", address, bearer(tokenOf("operator")), ""), "after " + client);
                }
            }
            assertStatus(200, send("GET", address, bearer(tokenOf("operator")), ""), "the next one");
            // Those whose requests do not end are told so, and their connections end.
            Socket slow = sockets.getFirst();
            assertThat(new String(slow.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 408 ");
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    /** From an address of its own: the other tests have invalid tokens, too. */
    @Test
    void invalidTokensAreLimitedAndHinderNobody() throws Exception {
        int slowed = 0;
        for (int guess = 0; guess < 1_000 && slowed == 0; guess++) {
            String answer = viewsFromAnotherAddress("guess-" + guess);
            assertThat(answer).matches("(?s)HTTP/1.1 (401|429) .*");
            slowed += answer.startsWith("HTTP/1.1 429 ") ? 1 : 0;
        }
        assertThat(slowed).isPositive();
        assertThat(viewsFromAnotherAddress(tokenOf("reader")))
                .as("a reader at the same address")
                .startsWith("HTTP/1.1 200 ");
        await().untilAsserted(() -> assertThat(viewsFromAnotherAddress("guess")).startsWith("HTTP/1.1 401 "));
    }

    private static String viewsFromAnotherAddress(String token) throws IOException {
        URI address = started.orElseThrow().appUri("/api/v1/views");
        try (var socket = new Socket()) {
            socket.bind(new InetSocketAddress("127.0.0.2", 0));
            socket.connect(new InetSocketAddress(address.getHost(), address.getPort()));
            socket.getOutputStream()
                    .write(("GET " + address.getPath() + " HTTP/1.1\r\nHost: " + address.getAuthority()
                                    + "\r\nAuthorization: Bearer " + token + "\r\nConnection: close\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
