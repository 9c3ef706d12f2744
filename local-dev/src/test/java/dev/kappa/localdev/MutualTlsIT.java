package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** Two instances that speak TLS, to callers and to each other, and know callers by their certificates. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MutualTlsIT {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String WINDOWS = "/api/v1/views/hashtag-trends/stores/counts/windows?limit=1000";
    private static final String PASSWORD = "of no secrecy";

    @TempDir
    static Path directory = Path.of("");

    private static final Posts POSTS = new Posts();
    private static Optional<Authority> authority = Optional.empty();
    private static Optional<LocalCluster> started = Optional.empty();
    private static Optional<LocalCluster.Another> other = Optional.empty();

    /** Issues certificates. */
    private record Authority(X509Bundle bundle) {
        static Authority create(String name) throws Exception {
            return new Authority(new CertificateBuilder()
                    .ecp256()
                    .subject("CN=" + name)
                    .setIsCertificateAuthority(true)
                    .setKeyUsage(true, CertificateBuilder.KeyUsage.keyCertSign)
                    .buildSelfSigned());
        }

        X509Bundle ofServer() throws Exception {
            return new CertificateBuilder()
                    .ecp256()
                    .subject("CN=kappa")
                    .addSanIpAddress("127.0.0.1")
                    .buildIssuedBy(bundle);
        }

        X509Bundle ofCaller(String name) throws Exception {
            return new CertificateBuilder().ecp256().subject("CN=" + name).buildIssuedBy(bundle);
        }

        X509Bundle ofService(String uri) throws Exception {
            return new CertificateBuilder()
                    .ecp256()
                    .subject("CN=ann")
                    .addSanUriName(uri)
                    .buildIssuedBy(bundle);
        }

        /** A client that trusts this authority and shows a certificate, if it has one. */
        HttpClient client(Optional<X509Bundle> certificate) throws Exception {
            KeyManager[] keys = certificate.isPresent()
                    ? certificate.get().toKeyManagerFactory().getKeyManagers()
                    : new KeyManager[0];
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, bundle.toTrustManagerFactory().getTrustManagers(), null);
            return HttpClient.newBuilder().sslContext(context).build();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        Authority first = Authority.create("first");
        authority = Optional.of(first);
        install(first.ofServer());
        Files.writeString(file("authorities.pem"), first.bundle().getCertificatePEM());
        Files.writeString(file("secret"), "a secret that the instances of the fleet share");
        Files.writeString(file("callers"), """
                # name, roles
                CN:ann reader
                URI:spiffe://test/olga operator
                """);
        String[] settings = {
            "-Dkappa.tls.certificate-file=" + file("server.pem"),
            "-Dkappa.tls.key-file=" + file("server.key"),
            "-Dkappa.tls.ca-file=" + file("authorities.pem"),
            "-Dkappa.tls.reload-interval=PT1S",
            "-Dkappa.security.mode=mtls",
            "-Dkappa.security.certificates-file=" + file("callers"),
            "-Dkappa.security.fleet-secret-file=" + file("secret")
        };
        LocalCluster cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry();
        started = Optional.of(cluster);
        cluster.launchApp(Map.of(), settings);
        other = Optional.of(cluster.launchAnotherApp(Map.of(), settings));
        try (HttpClient anybody = first.client(Optional.empty())) {
            for (URI instance : fleet()) {
                await().atMost(PATIENCE)
                        .ignoreExceptionsInstanceOf(IOException.class)
                        .until(() -> get(anybody, instance, "/health/readiness").statusCode() == 200);
            }
        }
        POSTS.loadHistory(cluster, directory, 500);
    }

    @AfterAll
    static void stop() throws IOException {
        other.ifPresent(LocalCluster.Another::close);
        started.ifPresent(LocalCluster::close);
        // Logs, topics and state directories hold no private key and no secret.
        List<String> secrets = List.of(
                Files.readAllLines(file("server.key")).get(1),
                Files.readString(file("secret")).strip());
        Set<String> own = Set.of("server.key", "secret");
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path found : files.filter(Files::isRegularFile)
                    .filter(found -> !own.contains(found.getFileName().toString()))
                    .toList()) {
                assertThat(Files.readString(found, StandardCharsets.ISO_8859_1))
                        .as(found.toString())
                        .doesNotContain(secrets);
            }
        }
    }

    private static Path file(String name) {
        return directory.resolve(name);
    }

    /** Puts the files of a server's certificate where they are looked for. */
    private static void install(X509Bundle certificate) throws IOException {
        Files.writeString(file("server.key"), certificate.getPrivateKeyPEM());
        Files.writeString(file("server.pem"), certificate.getCertificatePathPEM());
    }

    private static List<URI> fleet() {
        return List.of(
                URI.create("https://" + started.orElseThrow().appUri("").getAuthority()),
                URI.create("https://" + other.orElseThrow().uri("").getAuthority()));
    }

    private static HttpResponse<String> get(HttpClient http, URI instance, String path)
            throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(instance.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static int statusOfSwitch(HttpClient http, URI instance) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(instance.resolve("/api/v1/views/hashtag-trends/switch"))
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString("{\"version\": 9}"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    /** Each instance has a part of what is asked for, and the other's from the other. */
    private static void awaitWhole(Authority trusted, X509Bundle caller) throws Exception {
        try (HttpClient http = trusted.client(Optional.of(caller))) {
            int wanted = POSTS.counts(Duration.ofHours(1)).size();
            for (URI instance : fleet()) {
                await().atMost(PATIENCE).untilAsserted(() -> {
                    HttpResponse<String> answer = get(http, instance, WINDOWS);
                    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
                    assertThat(JSON.readTree(answer.body()).path("windows").size())
                            .isEqualTo(Math.min(wanted, 1000));
                });
            }
        }
    }

    @Test
    @Order(1)
    void callersMayDoWhatTheirCertificatesMay() throws Exception {
        Authority first = authority.orElseThrow();
        URI instance = fleet().getFirst();
        try (HttpClient nobody = first.client(Optional.empty());
                HttpClient ann = first.client(Optional.of(first.ofCaller("ann")));
                HttpClient stranger = first.client(Optional.of(first.ofCaller("stranger")));
                HttpClient olga = first.client(Optional.of(first.ofService("spiffe://test/olga")));
                HttpClient eve = first.client(Optional.of(first.ofService("spiffe://test/eve")))) {
            assertThat(get(nobody, instance, "/health/liveness").statusCode()).isEqualTo(200);
            assertThat(get(nobody, instance, WINDOWS).statusCode()).isEqualTo(403);
            assertThat(get(stranger, instance, WINDOWS).statusCode()).isEqualTo(403);
            assertThat(get(ann, instance, WINDOWS).statusCode()).isEqualTo(200);
            assertThat(get(ann, instance, "/internal" + WINDOWS.substring(4)).statusCode())
                    .isEqualTo(401);
            assertThat(get(olga, instance, WINDOWS).statusCode()).isEqualTo(200);
            assertThat(get(eve, instance, WINDOWS).statusCode())
                    .as("the common name does not count beside others")
                    .isEqualTo(403);
            assertThat(statusOfSwitch(ann, instance)).isEqualTo(403);
            assertThat(statusOfSwitch(olga, instance)).isEqualTo(422);
        }
    }

    @Test
    @Order(2)
    void othersGetNoConnection() throws Exception {
        Authority first = authority.orElseThrow();
        Authority foreign = Authority.create("foreign");
        URI instance = fleet().getFirst();
        try (HttpClient ann = first.client(Optional.of(foreign.ofCaller("ann")));
                HttpClient distrustful = foreign.client(Optional.empty());
                HttpClient plain = HttpClient.newHttpClient()) {
            // A client shows no certificate of authorities that the server does not name.
            assertThat(get(ann, instance, WINDOWS).statusCode()).isEqualTo(403);
            assertThatThrownBy(() -> get(distrustful, instance, WINDOWS)).isInstanceOf(SSLHandshakeException.class);
            URI unencrypted = URI.create("http://" + instance.getAuthority());
            assertThatThrownBy(() -> get(plain, unencrypted, WINDOWS)).isInstanceOf(IOException.class);
        }
    }

    @Test
    @Order(3)
    void instancesAskEachOther() throws Exception {
        Authority first = authority.orElseThrow();
        awaitWhole(first, first.ofCaller("ann"));
    }

    @Test
    @Order(4)
    void theCommandSpeaksTlsAsTheJvmIsTold() throws Exception {
        Authority first = authority.orElseThrow();
        Path keys = store(first.ofCaller("ann").toKeyStore(PASSWORD.toCharArray()), "ann.p12");
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("first", first.bundle().getCertificate());
        LocalCluster.Outcome outcome = started.orElseThrow()
                .runInProcess(
                        List.of(
                                "-Djavax.net.ssl.trustStore=" + store(trust, "trust.p12"),
                                "-Djavax.net.ssl.trustStorePassword=" + PASSWORD,
                                "-Djavax.net.ssl.keyStore=" + keys,
                                "-Djavax.net.ssl.keyStorePassword=" + PASSWORD),
                        "query",
                        "hashtag-trends",
                        "counts",
                        "--server",
                        fleet().getFirst().toString());
        assertThat(outcome.exitCode()).as(outcome.err()).isZero();
        assertThat(outcome.out()).contains("\"count\":");
    }

    private static Path store(KeyStore store, String name) throws Exception {
        try (var out = Files.newOutputStream(file(name))) {
            store.store(out, PASSWORD.toCharArray());
        }
        return file(name);
    }

    /** Whoever runs it in a pod has the file that the instance has. */
    @Test
    @Order(4)
    void theCommandSpeaksTlsAsAnInstancesFileSays() throws Exception {
        Authority first = authority.orElseThrow();
        X509Bundle ann = first.ofCaller("ann");
        Files.writeString(file("ann.key"), ann.getPrivateKeyPEM());
        Files.writeString(file("ann.pem"), ann.getCertificatePathPEM());
        Files.writeString(
                file("ann.properties"),
                "kappa.tls.ca-file=" + file("authorities.pem") + "\nkappa.tls.certificate-file=" + file("ann.pem")
                        + "\nkappa.tls.key-file=" + file("ann.key") + "\n");
        Files.writeString(file("nobody.properties"), "kappa.tls.ca-file=" + file("authorities.pem") + "\n");
        String app = fleet().getFirst().toString();
        LocalCluster cluster = started.orElseThrow();

        LocalCluster.Outcome views = cluster.run(
                "views", "--server", app, "--config", file("ann.properties").toString());
        assertThat(views.out()).as(views.err()).contains("hashtag-trends");
        assertThat(cluster.run(
                                "views",
                                "--server",
                                app,
                                "--config",
                                file("nobody.properties").toString())
                        .err())
                .contains("the connection has none");
        assertThat(cluster.run("views", "--server", app).exitCode()).isEqualTo(3);
    }

    /** As when an authority takes another's place: both are trusted, then certificates are changed, then the old one goes. */
    @Test
    @Order(5)
    void certificatesAreChangedWhileItRuns() throws Exception {
        Authority first = authority.orElseThrow();
        Authority second = Authority.create("second");
        Files.writeString(
                file("authorities.pem"),
                second.bundle().getCertificatePEM() + "\n" + first.bundle().getCertificatePEM());
        X509Bundle ann = second.ofCaller("ann");
        for (URI instance : fleet()) {
            await().atMost(PATIENCE)
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .until(() -> {
                        try (HttpClient http = first.client(Optional.of(ann))) {
                            return get(http, instance, WINDOWS).statusCode() == 200;
                        }
                    });
        }
        X509Bundle server = second.ofServer();
        install(server);
        for (URI instance : fleet()) {
            await().atMost(PATIENCE)
                    .ignoreExceptionsInstanceOf(IOException.class)
                    .untilAsserted(() -> {
                        try (HttpClient http = second.client(Optional.of(ann))) {
                            var session =
                                    get(http, instance, "/health/liveness").sslSession();
                            X509Certificate shown =
                                    (X509Certificate) session.orElseThrow().getPeerCertificates()[0];
                            assertThat(shown.getSerialNumber())
                                    .isEqualTo(server.getCertificate().getSerialNumber());
                        }
                    });
        }
        Files.writeString(file("authorities.pem"), second.bundle().getCertificatePEM());
        for (URI instance : fleet()) {
            await().atMost(PATIENCE).until(() -> {
                try (HttpClient http = second.client(Optional.of(first.ofCaller("ann")))) {
                    return get(http, instance, WINDOWS).statusCode() != 200;
                } catch (IOException refused) {
                    return true;
                }
            });
        }
        awaitWhole(second, ann);
    }
}
