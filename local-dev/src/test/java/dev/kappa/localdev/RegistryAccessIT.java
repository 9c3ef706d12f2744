package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.kappa.events.Reading;
import dev.kappa.localdev.fixtures.ForeignProducer;
import dev.kappa.localdev.fixtures.LocalCluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.Schema;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real registry behind a proxy that wants tokens, and refuses for a while. */
class RegistryAccessIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Instant NOON = Instant.parse("2024-03-01T12:00:00Z");

    /** How the proxy answers instead of the registry. */
    private enum Refusal {
        NONE(0, ""),
        UNAUTHORIZED(401, "{\"message\":\"no\"}"),
        FORBIDDEN(403, "no"),
        PAGE_NOT_FOUND(404, "<html>There is nothing here.</html>");

        private final int status;
        private final String body;

        Refusal(int status, String body) {
            this.status = status;
            this.body = body;
        }
    }

    /** Hands requests with its token on to the registry. */
    private static final class Proxy implements AutoCloseable {

        private final HttpServer server =
                HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        private final HttpClient http = HttpClient.newHttpClient();
        private final String registry;
        private volatile Refusal refusal = Refusal.NONE;
        private final AtomicInteger refused = new AtomicInteger();
        private final AtomicInteger tokens = new AtomicInteger();

        Proxy(String registry) throws IOException {
            this.registry = registry;
            server.createContext("/token", this::token);
            server.createContext("/", this::handOn);
            server.start();
        }

        String address() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        void answer(Refusal with) {
            refused.set(0);
            refusal = with;
        }

        private void token(HttpExchange exchange) throws IOException {
            boolean known =
                    "Basic YXBwOnNlY3JldA==".equals(exchange.getRequestHeaders().getFirst("Authorization"));
            send(
                    exchange,
                    known ? 200 : 401,
                    "{\"access_token\":\"token-" + tokens.incrementAndGet() + "\",\"expires_in\":3600}");
        }

        private void handOn(HttpExchange exchange) throws IOException {
            Refusal now = refusal;
            if (now != Refusal.NONE) {
                refused.incrementAndGet();
                send(exchange, now.status, now.body);
                return;
            }
            if (!("Bearer token-" + tokens.get())
                    .equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                send(exchange, 401, "{}");
                return;
            }
            byte[] body = exchange.getRequestBody().readAllBytes();
            var request = HttpRequest.newBuilder(URI.create(registry + exchange.getRequestURI()))
                    .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                    .method(exchange.getRequestMethod(), HttpRequest.BodyPublishers.ofByteArray(body))
                    .build();
            try {
                HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
                send(exchange, answer.statusCode(), answer.body());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private static void send(HttpExchange exchange, int status, String text) throws IOException {
            byte[] body = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        }

        @Override
        public void close() {
            server.stop(0);
            http.close();
        }
    }

    @Test
    @Tag("soak")
    @Handles(
            input = "a registry that answers 401 or an HTML page with 404 for a while",
            outcome = "waited for; the version continues by itself")
    @Handles(
            input = "a registry behind OAuth bearer tokens",
            outcome = "supported, as are basic authentication and static tokens")
    void registryThatRefusesIsWaitedFor(@TempDir Path directory) throws Exception {
        waitFor(directory, List.of(Refusal.PAGE_NOT_FOUND));
    }

    @Test
    @Tag("soak")
    void registryThatRefusesInAnyWayIsWaitedFor(@TempDir Path directory) throws Exception {
        waitFor(directory, List.of(Refusal.FORBIDDEN, Refusal.PAGE_NOT_FOUND, Refusal.UNAUTHORIZED));
    }

    private static void waitFor(Path directory, List<Refusal> refusals) throws Exception {
        try (var cluster = new LocalCluster(directory, "sensor-averages").startBrokerAndRegistry();
                var producer = new ForeignProducer(cluster);
                var proxy = new Proxy(cluster.registry())) {
            Path config = Files.writeString(
                    directory.resolve("kappa.properties"), """
                    bootstrap.servers=%s
                    bearer.auth.credentials.source=OAUTHBEARER
                    bearer.auth.issuer.endpoint.url=%s/token
                    bearer.auth.client.id=app
                    bearer.auth.client.secret=secret
                    """.formatted(cluster.kafka(), proxy.address()));
            proxy.answer(Refusal.UNAUTHORIZED);
            cluster.launchConfiguredApp(config, proxy.address());
            await().atMost(PATIENCE).until(() -> proxy.refused.get() > 3);
            assertThat(cluster.app().isAlive()).isTrue();
            proxy.answer(Refusal.NONE);
            cluster.awaitApp();

            int count = 0;
            for (Refusal refusal : refusals) {
                // A schema that the app has not asked for yet.
                String text = Reading.getClassSchema()
                        .toString()
                        .replace("\"doc\":\"A measurement", "\"doc\":\"" + refusal + " A measurement");
                int id = producer.register("readings-" + refusal + "-value", text, List.of());
                proxy.answer(refusal);
                byte[] value = producer.encoded(
                        id,
                        new Schema.Parser().parse(text),
                        Map.of("sensor", "s", "value", 1.0, "at", NOON.toEpochMilli()));
                producer.send(
                        "readings",
                        Utils.toPositive(Utils.murmur2(ForeignProducer.text("s"))) % 4,
                        NOON.toEpochMilli(),
                        ForeignProducer.text("s"),
                        value);
                // Asked by several threads again and again: more often than a version may fail.
                await().atMost(PATIENCE).until(() -> proxy.refused.get() > 12);
                proxy.answer(Refusal.NONE);
                int expected = ++count;
                await().atMost(PATIENCE)
                        .untilAsserted(
                                () -> assertThat(cluster.json("/api/v1/views/sensor-averages/stores/averages/windows/s")
                                                .path("windows")
                                                .path(0)
                                                .path("value")
                                                .path("count")
                                                .asInt())
                                        .isEqualTo(expected));
            }
            assertThat(cluster.appLog()).doesNotContain("marked FAILED").doesNotContain("secret");
        }
    }

    @Test
    @Tag("soak")
    @Handles(
            input = "`auto.register.schemas=false`",
            outcome = "the start is refused with the missing subjects; `kappa schemas register` registers them")
    void schemasThatMayNotBeRegisteredAreNamedAndThenRegistered(@TempDir Path directory) throws Exception {
        try (var cluster = new LocalCluster(directory, "sensor-averages").startBrokerAndRegistry()) {
            Path config = Files.writeString(directory.resolve("kappa.properties"), """
                    bootstrap.servers=%s
                    auto.register.schemas=false
                    kappa.samples=true
                    """.formatted(cluster.kafka()));
            var refused = cluster.launchConfiguredApp(config, cluster.registry());
            await().atMost(PATIENCE).until(() -> !refused.isAlive());
            assertThat(cluster.appLog()).contains("kappa schemas register", "kappa.catalog-value");

            assertThat(cluster.run("schemas", "register", "--config", config.toString(), "--dry-run")
                            .exitCode())
                    .isEqualTo(1);
            assertThat(cluster.run("schemas", "register", "--config", config.toString())
                            .out())
                    .contains("registered sensor-averages.v1-value", "registered kappa.catalog-value");
            assertThat(cluster.run("schemas", "register", "--config", config.toString())
                            .out())
                    .contains("All schemas are registered.");

            cluster.startConfiguredApp(config);
            try (var producer = new ForeignProducer(cluster)) {
                producer.send(
                        "readings",
                        Utils.toPositive(Utils.murmur2(ForeignProducer.text("s"))) % 4,
                        NOON.toEpochMilli(),
                        ForeignProducer.text("s"),
                        producer.event("readings", new Reading("s", 1.0, null, NOON)));
            }
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(cluster.json("/api/v1/views/sensor-averages/stores/averages/windows/s")
                                            .path("windows"))
                                    .hasSize(6));
            // The next version's are known before it is made.
            cluster.run("schemas", "register", "sensor-averages", "--set", "readings-key=field");
            var replay = cluster.run(
                    "replay", "start", "sensor-averages", "--set", "readings-key=field", "--watch", "--yes");
            assertThat(replay.exitCode()).as(replay.out() + replay.err()).isZero();
        }
    }
}
