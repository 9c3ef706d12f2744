package dev.kappa.app.config;

import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.topologies.ParameterValues;
import dev.kappa.topologies.ViewDefinition;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.env.Environment;
import io.micronaut.context.env.PropertySource;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Makes the settings, and what follows from them alone, available for injection. */
@Factory
final class ConfigFactory {

    private static final String PREFIX = "kappa.";

    /**
     * Reads {@code kappa.*} from the property sources themselves: Micronaut's merged view would fold the case of Kafka's
     * keys, and adds several spellings of each environment variable, so that unknown keys could not be told.
     */
    static KappaConfig read(Environment environment) {
        var settings = new TreeMap<String, String>();
        environment.getPropertySources().stream()
                .sorted(Comparator.comparingInt(PropertySource::getOrder))
                .forEach(source -> {
                    for (String name : source) {
                        key(source, name).ifPresent(key -> settings.put(key, String.valueOf(source.get(name))));
                    }
                });
        KappaConfig config = KappaConfig.of(settings);
        String host =
                environment.getProperty("micronaut.server.host", String.class).orElse("127.0.0.1");
        // With listeners of one's own it is not the host that says where.
        boolean elsewhere = !isLoopback(host) || environment.containsProperties("micronaut.server.netty.listeners");
        if (!config.security().stated() && elsewhere) {
            throw new ConfigurationException("Listening on " + (host.isBlank() ? "all addresses" : host)
                    + ", which other hosts can reach, needs authentication."
                    + " Set kappa.security.mode to tokens, jwt or mtls; or to none, to allow every caller everything.");
        }
        boolean sendsSecrets = switch (config.security().mode()) {
            case TOKENS, JWT -> true;
            case OPEN, MTLS -> false;
        };
        if (sendsSecrets
                && elsewhere
                && config.tls().isEmpty()
                && !config.security().encryptedInFront()) {
            throw new ConfigurationException(
                    "Listening on " + (host.isBlank() ? "all addresses" : host)
                            + ", which other hosts can reach, tokens would cross the network as they are."
                            + " Set kappa.tls.certificate-file and kappa.tls.key-file; or kappa.tls.terminated=true, if something in front encrypts all connections.");
        }
        return config;
    }

    private static boolean isLoopback(String host) {
        if (host.isBlank()) {
            // The server would listen everywhere.
            return false;
        }
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException cannotBeListenedOn) {
            return false;
        }
    }

    private static Optional<String> key(PropertySource source, String name) {
        if (source.getConvention() == PropertySource.PropertyConvention.ENVIRONMENT_VARIABLE) {
            return KappaConfig.keyOfVariable(name);
        }
        boolean forOthers = name.equals("kappa.home")
                || name.equals("kappa.server")
                || name.equals("kappa.token-file")
                || name.startsWith("kappa.log.");
        return name.startsWith(PREFIX) && !forOthers ? Optional.of(name.substring(PREFIX.length())) : Optional.empty();
    }

    @Singleton
    ClusterNames clusterNames(KappaConfig config) {
        try {
            return new ClusterNames(config.prefix());
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("Setting kappa.prefix: " + e.getMessage());
        }
    }

    /** This build's definitions, once the settings of views have been checked against them. */
    @Singleton
    Definitions definitions(KappaConfig config) {
        try {
            Definitions definitions = Definitions.discover(config.samples());
            var named = new TreeSet<>(config.views().keySet());
            named.addAll(config.publish());
            for (String view : named) {
                ViewDefinition definition = definitions
                        .find(view)
                        .orElseThrow(() -> new ConfigurationException("Parameters are set for view " + view
                                + ", which does not exist"
                                + (Definitions.discover().find(view).isPresent() ? " without kappa.samples=true" : "")
                                + "; there are "
                                + definitions.all().stream()
                                        .map(ViewDefinition::name)
                                        .toList()));
                ParameterValues.of(definition, config.views().getOrDefault(view, Map.of()));
            }
            return definitions;
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new ConfigurationException(String.valueOf(e.getMessage()));
        }
    }
}
