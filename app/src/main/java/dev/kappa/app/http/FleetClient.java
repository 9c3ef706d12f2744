package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.app.config.ServerSettings;
import dev.kappa.app.query.Part;
import dev.kappa.app.security.FleetSecret;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.ssl.CertificateProvider;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks other instances, over connections that are kept open. */
@Singleton
final class FleetClient {

    /** Marks a request that has been passed on, and is not to be passed on as a whole again. */
    static final String PASSED_ON = "Kappa-Passed-On";

    private static final Logger log = LoggerFactory.getLogger(FleetClient.class);
    private static final Duration CONNECTING = Duration.ofMillis(500);
    private static final Duration ANSWERING = Duration.ofSeconds(3);

    /** A list may have to be found by reading everything. */
    private static final Duration LISTING = Duration.ofSeconds(30);

    /** What is passed on of an answer; everything else belongs to the connection. */
    private static final Set<String> HEADERS = Set.of(
            "Content-Type",
            "Retry-After",
            VersionLookup.VERSION_HEADER,
            VersionLookup.EPOCH_HEADER,
            VersionLookup.STALENESS_HEADER);

    private final ObjectMapper json = new ObjectMapper();
    private final FleetSecret secret;
    private final String scheme;

    /** Another takes its place when the authorities have changed; what it is doing then it still does. */
    private volatile HttpClient http = client(Optional.empty());

    /**
     * Asks in the way this instance can be asked.
     *
     * @param authorities of certificates of the other instances; null: what the JVM trusts
     */
    FleetClient(
            FleetSecret secret,
            KappaConfig config,
            @Named(ServerSettings.AUTHORITIES) @Nullable CertificateProvider authorities) {
        this.secret = secret;
        this.scheme = config.tls().isPresent() ? "https" : "http";
        if (authorities != null) {
            authorities.getTrustStore().subscribe(new Trust());
        }
    }

    private static HttpClient client(Optional<SSLContext> tls) {
        HttpClient.Builder builder =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECTING);
        tls.ifPresent(builder::sslContext);
        return builder.build();
    }

    /** Takes up authorities when they are others than before, and keeps connections when they are not. */
    private final class Trust implements Subscriber<KeyStore> {
        private Set<Certificate> current = Set.of();

        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(KeyStore authorities) {
            try {
                var certificates = new HashSet<Certificate>();
                for (String alias : Collections.list(authorities.aliases())) {
                    certificates.add(authorities.getCertificate(alias));
                }
                if (!certificates.equals(current)) {
                    TrustManagerFactory trust =
                            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                    trust.init(authorities);
                    SSLContext context = SSLContext.getInstance("TLS");
                    context.init(null, trust.getTrustManagers(), null);
                    http = client(Optional.of(context));
                    current = certificates;
                }
            } catch (GeneralSecurityException e) {
                log.warn("Authorities of certificates cannot be taken up: failure=\"{}\"", e.toString());
            }
        }

        @Override
        public void onError(Throwable failure) {
            log.warn("Authorities of certificates are no longer read again: failure=\"{}\"", failure.toString());
        }

        @Override
        public void onComplete() {
            // They are not read again.
        }
    }

    @PreDestroy
    void close() {
        http.shutdownNow();
    }

    /**
     * What an instance has of what is asked for; all partitions are missing when it refuses.
     *
     * @param list whether a list is asked for, and not one key
     * @throws IOException when it does not answer
     */
    Part ask(String instance, String pathAndQuery, Collection<Integer> partitions, boolean list)
            throws IOException, InterruptedException {
        var request = request(instance, pathAndQuery)
                .timeout(list ? LISTING : ANSWERING)
                .build();
        var answer = http.send(request, java.net.http.HttpResponse.BodyHandlers.ofByteArray());
        JsonNode body = json.readTree(answer.body());
        return answer.statusCode() == HttpStatus.OK.getCode()
                ? Part.fromJson(body)
                : Part.missing(
                        partitions,
                        "answers " + answer.statusCode() + ", "
                                + body.path("detail").asText());
    }

    private java.net.http.HttpRequest.Builder request(String instance, String pathAndQuery) {
        var request = java.net.http.HttpRequest.newBuilder(URI.create(scheme + "://" + instance + pathAndQuery));
        secret.sign("GET", pathAndQuery).ifPresent(signature -> request.header(FleetSecret.HEADER, signature));
        return request;
    }

    /**
     * Passes a whole request on, and its answer back as it is.
     *
     * @param wait how long the other may wait before it begins to answer
     * @throws IOException when the instance does not answer
     */
    HttpResponse<?> passOn(HttpRequest<?> request, String instance, long epoch, Duration wait)
            throws IOException, InterruptedException {
        var passed = request(instance, Access.pathAndQuery(request.getUri()))
                .timeout(ANSWERING.plus(ANSWERING).plus(wait))
                .header(PASSED_ON, "true")
                .header(VersionLookup.EPOCH_HEADER, String.valueOf(epoch))
                .build();
        var answer = http.send(passed, java.net.http.HttpResponse.BodyHandlers.ofByteArray());
        MutableHttpResponse<byte[]> response = HttpResponse.<byte[]>status(HttpStatus.valueOf(answer.statusCode()))
                .body(answer.body());
        HEADERS.forEach(name -> answer.headers().firstValue(name).ifPresent(value -> response.header(name, value)));
        return response;
    }
}
