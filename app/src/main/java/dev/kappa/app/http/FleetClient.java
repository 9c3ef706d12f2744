package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.app.config.ServerSettings;
import dev.kappa.app.query.PartialResult;
import dev.kappa.app.query.PartitionClient;
import dev.kappa.app.query.PartitionRequest;
import dev.kappa.app.security.FleetSecret;
import dev.kappa.reprocessing.cluster.Sha256;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.ssl.CertificateProvider;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.hc.client5.http.ConnectTimeoutException;
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
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
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
 * Sends requests to other instances, over connections that are kept open. Blocks the calling thread, which should be a virtual one;
 * a client that hands each step of a request to other threads makes a forwarded read several times slower. Thread-safe.
 */
@Singleton
final class FleetClient implements PartitionClient {

    private static final Pattern JSON_TYPE = Pattern.compile("application/(problem\\+)?json\\b");
    private static final int BUFFER_BYTES = 16 << 10;

    /** More than the largest page of a list. */
    private static final int MAX_ANSWER_BYTES = 64 << 20;

    /** Name of the attribute of a request's context that holds the address of the instance that is asked. */
    private static final String INSTANCE = "kappa.instance";

    /** Name of the attribute of a request's context that holds its signature. */
    private static final String SIGNATURE = "kappa.signature";

    /** Marks a request that has been forwarded, and must not be forwarded as a whole again. */
    static final String FORWARDED = "Kappa-Forwarded";

    private static final Logger log = LoggerFactory.getLogger(FleetClient.class);
    private static final Duration CONNECT_TIMEOUT = Duration.ofMillis(500);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(3);

    /** A list may have to be found by reading everything. */
    private static final Duration LIST_TIMEOUT = Duration.ofSeconds(30);

    /** After which connections are closed that nobody used, as those to instances that have vanished. */
    private static final TimeValue IDLE_TIMEOUT = TimeValue.ofMinutes(1);

    /** To one instance; requests beyond it wait for one of them. */
    private static final int MAX_CONNECTIONS = 256;

    /** Headers of an answer that are forwarded; all others belong to the connection. */
    private static final List<String> HEADERS = Stream.concat(
                    Stream.of("Content-Type", "Retry-After"), SignedAnswers.HEADERS.stream())
            .toList();

    private final ObjectMapper json;
    private final FleetSecret secret;
    private final String scheme;

    /** Where nobody is authenticated, instances are not either. */
    private final boolean isSigned;

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
        this.isSigned = config.security().mode() != KappaConfig.Mode.OPEN;
        this.connections = PoolingHttpClientConnectionManagerBuilder.create()
                .setTlsSocketStrategy((socket, host, port, attachment, context) ->
                        tls.upgrade(socket, host, port, attachment, context))
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setConnectTimeout(Timeout.of(CONNECT_TIMEOUT))
                        .build())
                .setDefaultTlsConfig(TlsConfig.custom()
                        .setHandshakeTimeout(Timeout.of(ANSWER_TIMEOUT))
                        .build())
                .setMaxConnPerRoute(MAX_CONNECTIONS)
                .setMaxConnTotal(Integer.MAX_VALUE)
                .build();
        this.http = HttpClients.custom()
                .setConnectionManager(connections)
                .setRetryStrategy(new RetryOnce())
                // Each attempt has a signature of its own: one is good once.
                .addRequestInterceptorLast((request, _, context) -> sign(request, context))
                .evictExpiredConnections()
                .evictIdleConnections(IDLE_TIMEOUT)
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

    /** The other instance may close a kept connection just when a request is sent over it. */
    private static final class RetryOnce extends DefaultHttpRequestRetryStrategy {
        RetryOnce() {
            super(1, TimeValue.ZERO_MILLISECONDS);
        }

        @Override
        protected boolean handleAsIdempotent(org.apache.hc.core5.http.HttpRequest request) {
            // Queries that are posted change nothing either.
            return true;
        }

        @Override
        public boolean retryRequest(org.apache.hc.core5.http.HttpResponse answer, int times, HttpContext context) {
            // The client gets the answer as it is.
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
                log.warn(
                        "Certificate authorities cannot be reloaded; the previous ones stay in use: failure=\"{}\"",
                        e.toString());
            }
        }

        @Override
        public void onError(Throwable failure) {
            log.warn("Certificate authorities are no longer reloaded: failure=\"{}\"", failure.toString());
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

    @Override
    public PartialResult read(String instance, PartitionRequest request) throws IOException {
        byte[] body = json.writeValueAsBytes(request.toJson());
        String path = InternalController.PARTITIONS + "?sha256=" + Sha256.of(body);
        ClassicHttpRequest sent = request(Method.POST, path);
        sent.setEntity(new ByteArrayEntity(body, ContentType.APPLICATION_JSON));
        boolean isList = request.query().onlyKey().isEmpty();
        Duration patience = isList ? LIST_TIMEOUT : ANSWER_TIMEOUT;
        return send(instance, sent, patience, patience.multipliedBy(2), (answer, bytes) -> {
            JsonNode result = json.readTree(bytes);
            return answer.getCode() == HttpStatus.OK.getCode()
                    ? PartialResult.fromJson(result)
                    : PartialResult.missing(
                            request.reading().partitions(),
                            "answers " + answer.getCode() + ", "
                                    + result.path("detail").asText());
        });
    }

    /**
     * What an instance says of itself.
     *
     * @param pathAndQuery under {@code /internal}
     * @throws IOException when the instance does not answer, or refuses
     */
    JsonNode get(String instance, String pathAndQuery) throws IOException {
        ClassicHttpRequest request = request(Method.GET, pathAndQuery);
        return send(instance, request, ANSWER_TIMEOUT, ANSWER_TIMEOUT.multipliedBy(2), (answer, bytes) -> {
            if (answer.getCode() != HttpStatus.OK.getCode()) {
                throw new IOException("It answers " + answer.getCode());
            }
            return json.readTree(bytes);
        });
    }

    /**
     * Forwards a whole request, and returns its answer as it is.
     *
     * @param body its JSON body, if it has one
     * @param epoch of the catalog by which the request was understood
     * @param wait how long the other may wait before it begins to answer
     * @throws IOException when the instance does not answer
     */
    HttpResponse<?> forward(
            HttpRequest<?> request, Optional<ObjectNode> body, String instance, long epoch, Duration wait)
            throws IOException {
        ClassicHttpRequest forwarded =
                request(body.isPresent() ? Method.POST : Method.GET, RequestAuthorizer.pathAndQuery(request.getUri()));
        if (body.isPresent()) {
            forwarded.setEntity(new StringEntity(body.get().toString(), ContentType.APPLICATION_JSON));
        }
        forwarded.setHeader(FORWARDED, "true");
        forwarded.setHeader(VersionLookup.EPOCH_HEADER, String.valueOf(epoch));
        Duration patience = ANSWER_TIMEOUT.multipliedBy(2).plus(wait);
        return send(instance, forwarded, patience, LIST_TIMEOUT.plus(patience), (answer, bytes) -> {
            MutableHttpResponse<byte[]> response = HttpResponse.<byte[]>status(HttpStatus.valueOf(answer.getCode()))
                    .body(bytes);
            for (String name : HEADERS) {
                String value = value(answer, name);
                if (value != null) {
                    response.header(name, value);
                }
            }
            return response;
        });
    }

    /** The address is sent, and signed, as it is given. */
    private static ClassicHttpRequest request(Method method, String pathAndQuery) {
        var request = new BasicClassicHttpRequest(method, pathAndQuery);
        RequestIds.current().ifPresent(id -> request.setHeader(RequestIds.HEADER, id));
        return request;
    }

    private void sign(org.apache.hc.core5.http.HttpRequest request, HttpContext context) {
        String instance = String.valueOf(context.getAttribute(INSTANCE));
        secret.sign(instance, request.getMethod(), request.getPath()).ifPresent(signature -> {
            request.setHeader(FleetSecret.HEADER, signature);
            context.setAttribute(SIGNATURE, signature);
        });
    }

    /** Makes something of an answer and its body. */
    private interface Reading<T> {
        T read(ClassicHttpResponse answer, byte[] body) throws IOException;
    }

    /**
     * Sends a request.
     *
     * @param patience how long to wait for the answer to begin, and then for each further piece of it
     * @param whole how long the whole answer may take
     */
    private <T> T send(
            String instance, ClassicHttpRequest request, Duration patience, Duration whole, Reading<T> reading)
            throws IOException {
        long end = System.nanoTime() + whole.toNanos();
        HttpHost host;
        try {
            host = HttpHost.create(scheme + "://" + instance);
        } catch (URISyntaxException e) {
            throw new IOException("It is not reached by " + instance, e);
        }
        HttpClientContext context = HttpClientContext.create();
        context.setAttribute(INSTANCE, instance);
        context.setRequestConfig(RequestConfig.custom()
                .setConnectionRequestTimeout(Timeout.of(ANSWER_TIMEOUT))
                .setResponseTimeout(Timeout.of(patience))
                .build());
        try {
            return http.execute(host, request, context, answer -> {
                byte[] body = body(answer, end);
                requireSigned(answer, body, context);
                return reading.read(answer, body);
            });
        } catch (ConnectTimeoutException e) {
            throw e;
        } catch (SocketTimeoutException e) {
            throw new AnswerTimeoutException(e);
        }
    }

    private void requireSigned(ClassicHttpResponse answer, byte[] body, HttpContext context) throws IOException {
        String asked = String.valueOf(context.getAttribute(SIGNATURE));
        if (isSigned && !SignedAnswers.isSigned(secret, asked, answer.getCode(), name -> value(answer, name), body)) {
            throw new IOException("It answers " + answer.getCode() + ", without the signature of this fleet");
        }
    }

    private static @Nullable String value(ClassicHttpResponse answer, String name) {
        Header header = answer.getFirstHeader(name);
        return header == null ? null : header.getValue();
    }

    /**
     * The body of an answer. Who answers need not be an instance: its address comes from a topic.
     *
     * @param end when it must be here, by {@link System#nanoTime}
     */
    private static byte[] body(ClassicHttpResponse answer, long end) throws IOException {
        HttpEntity body = answer.getEntity();
        if (body == null) {
            return new byte[0];
        }
        String type = String.valueOf(body.getContentType());
        if (!JSON_TYPE.matcher(type).lookingAt()) {
            throw new IOException("It answers with " + type + " instead of JSON");
        }
        var bytes = new ByteArrayOutputStream();
        var buffer = new byte[BUFFER_BYTES];
        // Not closed when it fails: closing reads what is left. The client ends the connection then.
        InputStream content = body.getContent();
        for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
            bytes.write(buffer, 0, read);
            if (bytes.size() > MAX_ANSWER_BYTES) {
                throw new IOException("It answers with more than " + MAX_ANSWER_BYTES + " bytes");
            }
            if (System.nanoTime() - end > 0) {
                throw new SocketTimeoutException("Its answer has not ended in time");
            }
        }
        content.close();
        return bytes.toByteArray();
    }
}
