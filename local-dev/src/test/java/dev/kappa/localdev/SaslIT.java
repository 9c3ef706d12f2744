package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import dev.kappa.localdev.process.BrokerMain;
import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.localdev.process.Ports;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * App and command authenticate to Kafka by SASL/SCRAM, with a password that stands in a file, and to the registry with one that stands in its
 * address. Both appear nowhere else.
 */
class SaslIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String PASSWORD = "a-password-nobody-may-see";
    private static final String REGISTRY_PASSWORD = "another-password-nobody-may-see";

    @TempDir
    Path directory = Path.of("");

    @Test
    @Tag("soak")
    void passwordsStayWhereTheyAre() throws Exception {
        var cluster = new LocalCluster(directory, "hashtag-trends").startBrokerAndRegistry();
        int port = Ports.free();
        cluster.broker().close();
        try (cluster;
                ChildProcess broker = startWithSasl(port)) {
            try (Admin admin = cluster.admin()) {
                admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(
                                "kappa", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), PASSWORD)))
                        .all()
                        .get();
            }
            Path secrets = Files.writeString(directory.resolve("secrets.properties"), "password=" + PASSWORD + "\n");
            Path config = Files.writeString(directory.resolve("client.properties"), """
                    bootstrap.servers=127.0.0.1:%d
                    security.protocol=SASL_PLAINTEXT
                    sasl.mechanism=SCRAM-SHA-256
                    sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required username="kappa" password="${file:%s:password}";
                    """.formatted(port, secrets));
            String wrong = Files.readString(config).replace("${file:" + secrets + ":password}", "wrong");
            Path wrongConfig = Files.writeString(directory.resolve("wrong.properties"), wrong);

            Posts posts = new Posts();
            String registry = cluster.registry().replace("//", "//kappa:" + REGISTRY_PASSWORD + "@");
            cluster.schemaRegistry().close();
            cluster.launchConfiguredApp(config, registry);
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .untilAsserted(
                            () -> assertThat(cluster.get("/health/readiness").body())
                                    .contains("the schema registry at")
                                    .doesNotContain(REGISTRY_PASSWORD));
            assertThat(cluster.get("/api/v1/views").body()).doesNotContain(REGISTRY_PASSWORD);
            cluster.startRegistry();
            cluster.awaitApp();
            posts.loadHistory(cluster, directory, 200);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(Posts.answered(cluster, 1)).isEqualTo(posts.counts(Duration.ofHours(1))));

            String sasl = "127.0.0.1:" + port;
            LocalCluster.Outcome status = replay(cluster, "status", config, sasl);
            assertThat(status.exitCode()).as(status.err()).isZero();
            LocalCluster.Outcome replay = replay(cluster, "start", config, sasl, "--schema-registry", registry);
            assertThat(replay.exitCode()).as(replay.err()).isZero();
            assertThat(cluster.get("/api/v1/views/hashtag-trends/history").body())
                    .contains("replay start hashtag-trends")
                    .doesNotContain(REGISTRY_PASSWORD);
            LocalCluster.Outcome broken =
                    replay(cluster, "status", config, sasl, "--schema-registry", registry.replace("@127", "@[127"));
            assertThat(broken.exitCode()).isEqualTo(2);
            assertThat(broken.err()).contains("schema.registry.url").doesNotContain(REGISTRY_PASSWORD);
            LocalCluster.Outcome refused = replay(cluster, "status", wrongConfig, sasl);
            assertThat(refused.exitCode()).isEqualTo(3);
            assertThat(refused.err()).contains("uthentication").doesNotContain("wrong");
            Files.delete(secrets);
            LocalCluster.Outcome absent = replay(cluster, "status", config, sasl);
            assertThat(absent.exitCode()).isEqualTo(2);
            assertThat(absent.err()).contains("sasl.jaas.config", secrets.toString());

            assertThat(broker.isAlive()).isTrue();
            for (String path :
                    List.of("/prometheus", "/health", "/api/v1/views", "/env", "/configprops", "/openapi.json")) {
                assertThat(cluster.get(path).body()).as(path).doesNotContain(PASSWORD);
            }
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> !file.endsWith("secrets.properties"))
                    .toList()) {
                assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                        .as(file.toString())
                        .doesNotContain(PASSWORD)
                        .doesNotContain(REGISTRY_PASSWORD);
            }
        }
    }

    private static LocalCluster.Outcome replay(
            LocalCluster cluster, String word, Path config, String bootstrap, String... more) {
        return cluster.run(Stream.concat(
                        Stream.of(
                                "replay",
                                word,
                                "hashtag-trends",
                                "--config",
                                config.toString(),
                                "--bootstrap-server",
                                bootstrap),
                        Stream.of(more))
                .toArray(String[]::new));
    }

    private static Object joined(Object before, Object more) {
        return before.toString() + more;
    }

    /** The broker with one more listener, on which clients authenticate. */
    private ChildProcess startWithSasl(int port) throws Exception {
        Path file = directory.resolve("kafka/server.properties");
        var properties = new Properties();
        try (var reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        }
        properties.merge("listeners", ",SASL://127.0.0.1:" + port, SaslIT::joined);
        properties.merge("advertised.listeners", ",SASL://127.0.0.1:" + port, SaslIT::joined);
        properties.merge("listener.security.protocol.map", ",SASL:SASL_PLAINTEXT", SaslIT::joined);
        properties.put("inter.broker.listener.name", "PLAINTEXT");
        properties.put("sasl.enabled.mechanisms", "SCRAM-SHA-256");
        properties.put(
                "listener.name.sasl.scram-sha-256.sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required;");
        try (var writer = Files.newBufferedWriter(file)) {
            properties.store(writer, "with SASL");
        }
        return ChildProcess.start(new ChildProcess.Program(
                "Kafka with SASL",
                List.of("-Xmx768m", "-XX:+UseSerialGC", "-Dlogback.configurationFile=logback-broker.xml"),
                System.getProperty("java.class.path"),
                BrokerMain.class.getName(),
                List.of(file.toString()),
                Optional.of(directory.resolve("logs/kafka-sasl.log"))));
    }
}
