package dev.kappa.app.security;

import dev.kappa.app.config.KappaConfig;
import jakarta.inject.Singleton;
import java.security.cert.Certificate;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Tells who has sent a request. Thread-safe. */
@Singleton
public final class CallerAuthenticator {

    private static final Pattern BEARER = Pattern.compile("Bearer +(\\S+)", Pattern.CASE_INSENSITIVE);

    private final Optional<Authenticator> tokens;
    private final Optional<CertificateNames> certificates;
    private final FleetSecret fleet;

    /**
     * As the settings have it.
     *
     * @throws dev.kappa.app.config.ConfigurationException when a file they name cannot be read
     */
    CallerAuthenticator(KappaConfig config, FleetSecret fleet) {
        this.fleet = fleet;
        KappaConfig.Security security = config.security();
        this.tokens = switch (security.mode()) {
            case OPEN, MTLS -> Optional.empty();
            case TOKENS -> security.tokensFile().map(TokenFile::new);
            case JWT -> security.jwt().map(JsonWebTokens::new);
        };
        this.certificates = security.certificatesFile().map(CertificateNames::new);
    }

    /** Whether anybody may do anything. */
    public boolean areAllTrusted() {
        return tokens.isEmpty() && certificates.isEmpty();
    }

    /** Whether callers are known by their certificates, not by tokens. */
    public boolean areKnownByCertificates() {
        return certificates.isPresent();
    }

    /**
     * The caller of a request's bearer token; empty when the token is not valid.
     *
     * @param authorization the header of that name
     */
    public Optional<Caller> bearer(String authorization) {
        Matcher matcher = BEARER.matcher(authorization.strip());
        return matcher.matches()
                ? tokens.flatMap(authenticator -> authenticator.authenticate(matcher.group(1)))
                : Optional.empty();
    }

    /**
     * The caller of a connection's certificate; empty when it has no roles here.
     *
     * @param certificate its authority was checked when the connection was made, which may be long ago
     */
    public Optional<Caller> certificate(Certificate certificate) {
        return certificate instanceof X509Certificate x509 && isValidNow(x509)
                ? certificates.flatMap(names -> names.find(x509))
                : Optional.empty();
    }

    private static boolean isValidNow(X509Certificate certificate) {
        try {
            certificate.checkValidity();
            return true;
        } catch (CertificateExpiredException | CertificateNotYetValidException e) {
            return false;
        }
    }

    /**
     * Another instance, if it has signed the request.
     *
     * @param signature the header {@value FleetSecret#HEADER}
     * @param own {@code HOST:PORT} at which other instances reach this one
     */
    public Optional<Caller> instance(String signature, String own, String method, String pathAndQuery) {
        return fleet.isSigned(signature, own, method, pathAndQuery) ? Optional.of(Caller.FLEET) : Optional.empty();
    }
}
