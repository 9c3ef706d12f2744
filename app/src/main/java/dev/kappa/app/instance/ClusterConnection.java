package dev.kappa.app.instance;

import dev.kappa.app.config.ConfigurationException;
import dev.kappa.reprocessing.background.BackgroundLoop;
import dev.kappa.reprocessing.background.Backoff;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The connection to the Kafka cluster: waits for it at the start, and logs afterwards when it is lost and when it is back. */
final class ClusterConnection implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ClusterConnection.class);
    private static final Duration PROBE = Duration.ofSeconds(5);
    private static final Duration FIRST_WAIT = Duration.ofMillis(500);
    private static final int LOG_EVERY = 6;
    private static final short TRANSACTION_DEFENSE = 2;

    private final Map<String, Object> settings;
    private @Nullable Admin admin;

    ClusterConnection(Map<String, String> settings) {
        this.settings = new HashMap<>(settings);
        this.settings.put(AdminClientConfig.CLIENT_ID_CONFIG, "kappa-admin");
        // Only what the admin client knows: the user's settings are for all clients and the serdes.
        this.settings.keySet().retainAll(AdminClientConfig.configNames());
    }

    /**
     * Returns when the cluster answers, however long that takes.
     *
     * @return the loop that checks from then on whether it still does; it has been started
     * @throws ExecutionException when the cluster refuses this client
     * @throws ConfigurationException when the settings make no client
     */
    BackgroundLoop awaitThenWatch() throws ExecutionException, InterruptedException {
        for (int attempt = 0; ; attempt++) {
            try {
                if (admin == null) {
                    admin = Admin.create(settings);
                }
                probe(admin);
                if (attempt > 0) {
                    log.info("Kafka answers: servers={}", address());
                }
                Admin connected = admin;
                warnOfOldTransactions(connected);
                return new BackgroundLoop("kappa-cluster-watch", PROBE, messages(), _ -> probe(connected)).start();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof AuthenticationException || e.getCause() instanceof AuthorizationException) {
                    throw e;
                }
                sayWaiting(attempt, String.valueOf(e.getCause()));
            } catch (KafkaException e) {
                requireUnresolved(e);
                sayWaiting(attempt, String.valueOf(e.getCause() == null ? e : e.getCause()));
                Thread.sleep(PROBE);
            }
        }
    }

    /**
     * Warns when the cluster was upgraded from before Kafka 4.0 and its {@code transaction.version} was not: records that are
     * delayed on the network can then still enter a transaction of a producer that has aborted its own.
     *
     * @see <a href="https://cwiki.apache.org/confluence/x/B40ODg">KIP-890: transactions server-side defense</a>
     */
    private void warnOfOldTransactions(Admin connected) throws InterruptedException {
        try {
            FeatureMetadata features =
                    connected.describeFeatures().featureMetadata().get();
            if (!hasTransactionDefense(features)) {
                log.warn(
                        "The cluster lacks transaction.version=2, which exactly-once processing needs; run: kafka-features.sh --bootstrap-server {} upgrade --feature transaction.version=2",
                        address());
            }
        } catch (ExecutionException e) {
            log.debug("The features of the cluster are not known: failure=\"{}\"", String.valueOf(e.getCause()));
        }
    }

    static boolean hasTransactionDefense(FeatureMetadata features) {
        FinalizedVersionRange version = features.finalizedFeatures().get("transaction.version");
        return version != null && version.maxVersionLevel() >= TRANSACTION_DEFENSE;
    }

    private BackgroundLoop.Messages messages() {
        return new BackgroundLoop.Messages(
                "Kafka does not answer; versions continue when it does: servers=" + address(),
                "Kafka answers again: servers=" + address());
    }

    /** A step of the start that may have to wait for the cluster. */
    @FunctionalInterface
    interface Step<T> {
        T run() throws ExecutionException, InterruptedException;
    }

    /** Does a step of the start, again and again while the cluster is not ready for it. */
    static <T> T retrying(Step<T> step) throws ExecutionException, InterruptedException {
        var backoff = new Backoff(FIRST_WAIT, PROBE);
        while (true) {
            try {
                return step.run();
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof RetriableException)) {
                    throw e;
                }
                log.warn("The cluster is not ready; trying again: failure=\"{}\"", String.valueOf(e.getCause()));
            } catch (RetriableException e) {
                log.warn("The cluster is not ready; trying again: failure=\"{}\"", e.toString());
            }
            backoff.pause();
        }
    }

    /** A host name may not resolve yet; anything else that keeps a client from being made is a wrong setting. */
    private static void requireUnresolved(KafkaException failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        if (!String.valueOf(cause.getMessage()).contains("No resolvable bootstrap urls")) {
            throw new ConfigurationException(
                    "No Kafka client can be created with the settings under kappa.kafka: " + cause.getMessage());
        }
    }

    private void sayWaiting(int attempt, String failure) {
        if (attempt % LOG_EVERY == 0) {
            log.warn("Waiting for Kafka, which does not answer: servers={} failure=\"{}\"", address(), failure);
        }
    }

    Admin admin() {
        if (admin == null) {
            throw new IllegalStateException("ClusterConnection.awaitThenWatch has not returned");
        }
        return admin;
    }

    private static void probe(Admin admin) throws ExecutionException, InterruptedException {
        admin.describeCluster(new DescribeClusterOptions().timeoutMs((int) PROBE.toMillis()))
                .nodes()
                .get();
    }

    private Object address() {
        return settings.getOrDefault(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, "?");
    }

    @Override
    public void close() {
        if (admin != null) {
            admin.close(Duration.ofSeconds(5));
        }
    }
}
