package dev.kappa.avro;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/** TLS to the schema registry, with the stores that the settings name. */
final class RegistryTls {

    private RegistryTls() {}

    /** A context with these settings; empty when the JVM's own will do. */
    static Optional<SSLContext> sslContext(AvroSerdeConfig.Tls tls) {
        if (tls.keyStore().isEmpty() && tls.trustStore().isEmpty() && tls.verifiesHostname()) {
            return Optional.empty();
        }
        try {
            KeyManager @Nullable [] keys = null;
            if (tls.keyStore().isPresent()) {
                AvroSerdeConfig.Tls.Store store = tls.keyStore().get();
                var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
                factory.init(
                        load(store),
                        tls.keyPassword()
                                .or(store::password)
                                .map(String::toCharArray)
                                .orElse(null));
                keys = factory.getKeyManagers();
            }
            TrustManager @Nullable [] trusted = null;
            if (tls.trustStore().isPresent() || !tls.verifiesHostname()) {
                var factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                factory.init(
                        tls.trustStore().isPresent() ? load(tls.trustStore().get()) : null);
                trusted = factory.getTrustManagers();
            }
            if (trusted != null && !tls.verifiesHostname()) {
                trusted = AnyHostname.of(trusted);
            }
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, trusted, null);
            return Optional.of(context);
        } catch (GeneralSecurityException e) {
            throw new ConfigException("The key or trust store under " + AvroSerdeConfig.TLS_PREFIX
                    + "* cannot be used: " + e.getMessage());
        }
    }

    private static KeyStore load(AvroSerdeConfig.Tls.Store store) throws GeneralSecurityException {
        try (InputStream in = Files.newInputStream(Path.of(store.location()))) {
            KeyStore keyStore = KeyStore.getInstance(store.type());
            keyStore.load(in, store.password().map(String::toCharArray).orElse(null));
            return keyStore;
        } catch (IOException e) {
            throw new ConfigException("The " + store.type() + " store " + store.location() + " cannot be read: " + e);
        }
    }
}
