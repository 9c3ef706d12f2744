package dev.kappa.app.config;

import io.micronaut.context.env.Environment;
import io.micronaut.context.env.PropertySource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** Gives Micronaut the settings of its server that follow from Kappa's. */
public final class ServerSettings {

    /** Name of the certificates of {@link KappaConfig.Tls#authoritiesFile()} among Micronaut's. */
    public static final String AUTHORITIES = "kappa-authorities";

    private static final String OWN = "kappa-own";

    private ServerSettings() {}

    /**
     * Reads the settings, which have been gathered in an environment that is running, and adds to them.
     *
     * @return Kappa's own
     * @throws ConfigurationException naming the setting that is unknown, missing or wrong
     */
    public static KappaConfig addTo(Environment environment) {
        KappaConfig config = ConfigFactory.read(environment);
        config.tls().ifPresent(tls -> {
            var settings = new HashMap<String, Object>();
            settings.put("micronaut.server.ssl.enabled", true);
            settings.put("micronaut.server.ssl.port", "${micronaut.server.port}");
            settings.put("micronaut.server.ssl.key-name", OWN);
            putFile(settings, OWN, readable("key-file", tls.keyFile()), tls);
            settings.put(
                    certificate(OWN, "certificate-path"),
                    readable("certificate-file", tls.certificateFile()).toString());
            tls.authoritiesFile().ifPresent(file -> {
                putFile(settings, AUTHORITIES, readable("ca-file", file), tls);
                settings.put("micronaut.server.ssl.trust-name", AUTHORITIES);
            });
            if (config.security().mode() == KappaConfig.Mode.MTLS) {
                // Health probes have no certificate; other requests without one are refused when they are read.
                settings.put("micronaut.server.ssl.client-authentication", "want");
            }
            environment.addPropertySource(PropertySource.of("kappa-server", settings));
        });
        return config;
    }

    private static void putFile(Map<String, Object> settings, String name, Path file, KappaConfig.Tls tls) {
        settings.put(certificate(name, "path"), file.toString());
        settings.put(certificate(name, "format"), "PEM");
        // Kubernetes changes a secret's files by a link above them, which a watch of the files does not see.
        settings.put(certificate(name, "refresh-mode"), "SCHEDULER");
        settings.put(certificate(name, "refresh-interval"), tls.reloadInterval().toString());
    }

    private static String certificate(String name, String setting) {
        return "micronaut.certificate.file." + name + "." + setting;
    }

    private static Path readable(String setting, Path file) {
        if (!Files.isReadable(file)) {
            throw new ConfigurationException("Setting kappa.tls." + setting + ": " + file + " cannot be read");
        }
        return file;
    }
}
