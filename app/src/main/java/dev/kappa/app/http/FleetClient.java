package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.net.URISyntaxException;
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
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.DefaultHttpRequestRetryStrategy;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.io.HttpClientResponseHandler;
import org.apache.hc.core5.http.io.entity.EntityUtils;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks other instances, over connections that are kept open. Blocks the calling thread, which is to be a virtual one; a client that
 * hands each step of a request to other threads makes a read that is passed on several times slower. Thread-safe.
 */
@Singleton
final class FleetClient {

    /** Marks a request that has been passed on, and is not to be passed on as a whole again. */
    static final String PASSED_ON = "Kappa-Passed-On";

    private static final Logger log = LoggerFactory.getLogger(FleetClient.class);
    private static final Duration CONNECTING = Duration.ofMillis(500);
    private static final Duration ANSWERING = Duration.ofSeconds(3);

    /** A list may have to be found by reading everything. */
    private static final Duration LISTING = Duration.ofSeconds(30);

    /** To one instance; who asks beyond it waits for one of them. */
    private static final int MOST_CONNECTIONS = 256;

    /** What is passed on of an answer; everything else belongs to the connection. */
    private static final Set<String> HEADERS = Set.of(
            "Content-Type",
            "Retry-After",
            VersionLookup.VERSION_HEADER,
            VersionLookup.EPOCH_HEADER,
            VersionLookup.STALENESS_HEADER);

    /**
     * A read request to another instance.
     *
     * @param pathAndQuery as it is sent and signed
     * @param body JSON, for one that is posted
     */
    record Query(String pathAndQuery, Optional<ObjectNode> body) {}

    private final ObjectMapper json;
    private final FleetSecret secret;
    private final String scheme;

    private final PoolingHttpClientConnectionManager connections;
    private final CloseableHttpClient http;
    private volatile TlsSocketStrategy tls = DefaultClientTlsStrategy.createDefault();

    /**
     * Asks in the way this instance can be asked.
     *
     * @param authorities of certificates of the other instances; null: what the JVM trusts
     */
    FleetClient(
            ObjectMapper json,
            FleetSecret secret,
            KappaConfig config,
            @Named(ServerSettings.AUTHORITIES) @Nullable CertificateProvider authorities) {
        this.json = json;
        this.secret = secret;
        this.scheme = config.tls().isPresent() ? "https" : "http";
        this.connections = PoolingHttpClientConnectionManagerBuilder.create()
                .setTlsSocketStrategy((socket, host, port, attachment, context) ->
                        tls.upgrade(socket, host, port, attachment, context))
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setConnectTimeout(Timeout.of(CONNECTING))
                        .build())
                .setDefaultTlsConfig(TlsConfig.custom()
                        .setHandshakeTimeout(Timeout.of(ANSWERING))
                        .build())
                .setMaxConnPerRoute(MOST_CONNECTIONS)
                .setMaxConnTotal(Integer.MAX_VALUE)
                .build();
        this.http = HttpClients.custom()
                .setConnectionManager(connections)
                .setRetryStrategy(new AgainOnce())
                .disableContentCompression()
                .disableCookieManagement()
                .disableRedirectHandling()
                .disableAuthCaching()
                .disableDefaultUserAgent()
                .build();
        if (authorities != null) {
            authorities.getTrustStore().subscribe(new Trust());
        }
    }

    /** The other may close a connection that is kept open just when it is asked over it. */
    private static final class AgainOnce extends DefaultHttpRequestRetryStrategy {
        AgainOnce() {
            super(1, TimeValue.ZERO_MILLISECONDS);
        }

        @Override
        protected boolean handleAsIdempotent(org.apache.hc.core5.http.HttpRequest request) {
            // Queries that are posted change nothing, either.
            return true;
        }

        @Override
        public boolean retryRequest(org.apache.hc.core5.http.HttpResponse answer, int times, HttpContext context) {
            // Whoever asked is told what was answered.
            return false;
        }
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
                    tls = new DefaultClientTlsStrategy(context);
                    connections.closeIdle(TimeValue.ZERO_MILLISECONDS);
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
        http.close(CloseMode.IMMEDIATE);
    }

    /**
     * What an instance has of what is asked for; all partitions are missing when it refuses.
     *
     * @param list whether a list is asked for, and not one key
     * @throws IOException when it does not answer
     */
    Part ask(String instance, Query query, Collection<Integer> partitions, boolean list) throws IOException {
        return send(instance, request(query), list ? LISTING : ANSWERING, answer -> {
            JsonNode body = json.readTree(body(answer));
            return answer.getCode() == HttpStatus.OK.getCode()
                    ? Part.fromJson(body)
                    : Part.missing(
                            partitions,
                            "answers " + answer.getCode() + ", "
                                    + body.path("detail").asText());
        });
    }

    /**
     * Passes a whole request on, and its answer back as it is.
     *
     * @param body its JSON body, if it has one
     * @param wait how long the other may wait before it begins to answer
     * @throws IOException when the instance does not answer
     */
    HttpResponse<?> passOn(
            HttpRequest<?> request, Optional<ObjectNode> body, String instance, long epoch, Duration wait)
            throws IOException {
        ClassicHttpRequest passed = request(new Query(Access.pathAndQuery(request.getUri()), body));
        passed.setHeader(PASSED_ON, "true");
        passed.setHeader(VersionLookup.EPOCH_HEADER, String.valueOf(epoch));
        return send(instance, passed, ANSWERING.plus(ANSWERING).plus(wait), answer -> {
            MutableHttpResponse<byte[]> response = HttpResponse.<byte[]>status(HttpStatus.valueOf(answer.getCode()))
                    .body(body(answer));
            for (String name : HEADERS) {
                Header header = answer.getFirstHeader(name);
                if (header != null) {
                    response.header(name, header.getValue());
                }
            }
            return response;
        });
    }

    /** The path is sent, and signed, as it is given. */
    private ClassicHttpRequest request(Query query) {
        Method method = query.body().isPresent() ? Method.POST : Method.GET;
        var request = new BasicClassicHttpRequest(method, query.pathAndQuery());
        query.body()
                .ifPresent(body -> request.setEntity(new StringEntity(body.toString(), ContentType.APPLICATION_JSON)));
        secret.sign(method.name(), query.pathAndQuery())
                .ifPresent(signature -> request.setHeader(FleetSecret.HEADER, signature));
        return request;
    }

    /** Waits at most so long for the answer to begin, and then for each further piece of it. */
    private <T> T send(
            String instance, ClassicHttpRequest request, Duration patience, HttpClientResponseHandler<T> reading)
            throws IOException {
        HttpHost host;
        try {
            host = HttpHost.create(scheme + "://" + instance);
        } catch (URISyntaxException e) {
            throw new IOException("It is not reached by " + instance, e);
        }
        HttpClientContext context = HttpClientContext.create();
        context.setRequestConfig(RequestConfig.custom()
                .setConnectionRequestTimeout(Timeout.of(ANSWERING))
                .setResponseTimeout(Timeout.of(patience))
                .build());
        return http.execute(host, request, context, reading);
    }

    private static byte[] body(ClassicHttpResponse answer) throws IOException {
        HttpEntity body = answer.getEntity();
        return body == null ? new byte[0] : EntityUtils.toByteArray(body);
    }
}
