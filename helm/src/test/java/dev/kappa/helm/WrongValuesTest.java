package dev.kappa.helm;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What was written wrongly is refused before anything is installed, and the message says where it is wrong. */
class WrongValuesTest {

    private static final String CLUSTER = "kafka: {bootstrapServers: 'kafka:9092', registry: 'http://registry:8081'}\n";

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    kafka: {registry: 'http://r:1'}                                  | kafka.bootstrapServers is needed
                    kafka: {bootstrapServers: 'kafka:9092'}                          | kafka.registry is needed
                    kafka: {bootstrapServers: 'http://kafka:9092'}                   | bootstrapServers
                    kafka: {bootstrapServer: 'kafka:9092'}                           | bootstrapServer
                    pools: {main: {replica: 2}}                                      | replica
                    pools: {main: {role: reader}}                                    | role
                    pools: {main: {enabled: false}}                                  | at least one pool must be enabled
                    pools: {Main_1: {}}                                              | Main_1
                    pools: {a-name-that-is-much-too-long: {}}                        | a-name-that-is-much-too-long
                    pools: {main: {replicas: -1}}                                    | replicas
                    pools: {main: {persistence: {size: much}}}                       | size
                    pools: {main: {storage: {size: 1Gi}}}                            | main.storage was renamed; use persistence
                    poolDefaults: {env: [{name: TZ}]}                                | poolDefaults.env was renamed; use extraEnv
                    image: {pullSecrets: [{name: a}]}                                | use imagePullSecrets
                    ingress: {host: a.example}                                       | use ingress.hosts
                    pools: {main: {autoscaling: {enabled: true}, keda: {enabled: true, prometheus: 'http://p'}}} | autoscaling and keda exclude each other
                    pools: {main: {keda: {enabled: true}}}                           | keda.prometheus is needed
                    pools: {main: {handOverSeconds: 100}}                            | must be 40 more than handOverSeconds
                    settings: {kappa.stream-threads: 2}                                     | kappa.stream-threads
                    settings: {security.mode: none}                                  | security.mode
                    security: {mode: oauth}                                          | mode
                    security: {hosts: [a.example]}                                   | security.mode is needed
                    security: {mode: tokens, fleetSecret: {name: s}, tokensSecret: {name: s}} | need tls.enabled
                    security: {mode: tokens}; tls: {terminated: true}                | security.fleetSecret.name is needed
                    security: {mode: tokens, fleetSecret: {name: s}}; tls: {terminated: true} | security.tokensSecret.name is needed
                    security: {mode: jwt, fleetSecret: {name: s}}; tls: {terminated: true} | security.jwt.keys is needed
                    security: {mode: mtls, fleetSecret: {name: s}, certificatesSecret: {name: s}} | needs tls.enabled
                    tls: {enabled: true}                                             | tls.secretName
                    tls: {enabled: true, certManager: {enabled: true}}               | tls.certManager.issuerRef.name is needed
                    ingress: {enabled: true}                                         | ingress.hosts is needed
                    gateway: {enabled: true}                                         | gateway.parentRefs is needed
                    strimzi: {enabled: true}                                         | strimzi.cluster is needed
                    metrics: {prometheusRule: {diskFreeRatio: 15}}                   | diskFreeRatio
                    replay: {suspend: false}                                         | replay.view is needed
                    service: {port: 80000}                                           | port
                    """)
    void areRefused(String values, String message, @TempDir Path directory) throws IOException {
        Path file = directory.resolve("values.yaml");
        Files.writeString(
                file,
                (values.startsWith("kafka:") ? "" : CLUSTER)
                        + (values.startsWith("security:") ? "" : "security: {mode: none}\n")
                        + values.replace("; ", "\n"));

        assertThatThrownBy(() -> Chart.render(file)).hasMessageContaining(message);
    }
}
