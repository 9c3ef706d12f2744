package dev.kappa.reprocessing.cluster;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigTransformer;
import org.apache.kafka.common.config.provider.ConfigProvider;
import org.apache.kafka.common.config.provider.DirectoryConfigProvider;
import org.apache.kafka.common.config.provider.EnvVarConfigProvider;
import org.apache.kafka.common.config.provider.FileConfigProvider;
import org.apache.kafka.common.utils.Utils;

/**
 * Settings of Kafka clients whose values stand elsewhere, by Kafka's own config providers: {@code ${file:PATH:KEY}} for a key of
 * a properties file, {@code ${directory:PATH:FILE}} for a whole file, {@code ${env:NAME}} for a variable of the environment.
 * Here, and not left to the clients, since the serde and the registry's client take settings, too.
 *
 * @see <a href="https://kafka.apache.org/documentation/#config_providers">Kafka: Configuration providers</a>
 */
public final class Secrets {

    private static final Pattern REFERENCE = Pattern.compile("\\$\\{(?:file|directory|env):[^}]*}");

    private Secrets() {}

    /**
     * The settings, with the values they refer to.
     *
     * @throws IllegalArgumentException when a value that is referred to is not there; says which setting refers to it, and to what
     */
    public static Map<String, String> resolved(Map<String, String> settings) {
        Map<String, ConfigProvider> providers = Map.of(
                "file", new FileConfigProvider(),
                "directory", new DirectoryConfigProvider(),
                "env", new EnvVarConfigProvider());
        try {
            providers.values().forEach(provider -> provider.configure(Map.of()));
            var transformer = new ConfigTransformer(providers);
            var resolved = new HashMap<String, String>();
            settings.forEach((key, value) -> resolved.put(key, resolved(transformer, key, value)));
            return resolved;
        } finally {
            providers.values().forEach(provider -> Utils.closeQuietly(provider, "config provider"));
        }
    }

    private static String resolved(ConfigTransformer transformer, String key, String value) {
        Matcher references = REFERENCE.matcher(value);
        var resolved = new StringBuilder();
        while (references.find()) {
            String reference = references.group();
            String found;
            try {
                found = transformer.transform(Map.of(key, reference)).data().getOrDefault(key, reference);
            } catch (ConfigException e) {
                throw new IllegalArgumentException("Setting " + key + ": " + e.getMessage(), e);
            }
            if (found.equals(reference)) {
                throw new IllegalArgumentException(
                        "Setting " + key + " refers to a value that is not there: " + reference);
            }
            references.appendReplacement(resolved, Matcher.quoteReplacement(found));
        }
        return references.appendTail(resolved).toString();
    }
}
