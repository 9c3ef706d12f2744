package dev.kappa.app.security;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.app.config.NotAvailableException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signed JSON Web Tokens (RFC 7519) with public-key algorithms, of one issuer and for one audience, that have not expired.
 * Keys come from a key set (RFC 7517) in a file, which is read again when it changes, or at an address, where they are looked up again when
 * an unknown one is named.
 *
 * <p>An ID token, which tells an application who has logged in, is no access token, although the same issuer signs it. It is recognized by
 * the claims that only it has (OpenID Connect Core §2), or by what Keycloak and Cognito call it.
 */
final class JsonWebTokens implements Authenticator {

    private static final Logger log = LoggerFactory.getLogger(JsonWebTokens.class);
    private static final String KEYS = "kappa.security.jwt.keys";
    private static final Pattern SPACE = Pattern.compile(" ");
    private static final Pattern DOT = Pattern.compile("\\.");

    private static final Set<JWSAlgorithm> ALGORITHMS = algorithms();

    private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    private final String rolesClaim;
    private final String rolesPrefix;

    /**
     * Reads the settings.
     *
     * @throws ConfigurationException when the key set's file cannot be read
     */
    JsonWebTokens(KappaConfig.Jwt settings) {
        this.rolesClaim = settings.rolesClaim();
        this.rolesPrefix = settings.rolesPrefix();
        processor.setJWSKeySelector(
                new JWSVerificationKeySelector<>(ALGORITHMS, keys(settings.keys(), settings.keysOutage())));
        // RFC 9068 has a type of its own for access tokens.
        processor.setJWSTypeVerifier(
                new DefaultJOSEObjectTypeVerifier<>(JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
        processor.setJWTClaimsSetVerifier(new DefaultJWTClaimsVerifier<>(
                settings.audience(),
                new JWTClaimsSet.Builder().issuer(settings.issuer()).build(),
                Set.of("sub", "exp")));
    }

    private static Set<JWSAlgorithm> algorithms() {
        var algorithms = new HashSet<JWSAlgorithm>(JWSAlgorithm.Family.RSA);
        algorithms.addAll(JWSAlgorithm.Family.EC);
        return Set.copyOf(algorithms);
    }

    /**
     * The keys.
     *
     * @param outage how long the last keys are good while their address does not answer
     */
    private static JWKSource<SecurityContext> keys(String source, Duration outage) {
        if (!source.startsWith("http://") && !source.startsWith("https://")) {
            var file = new WatchedFile<>(KEYS, Path.of(source), JsonWebTokens::keySet);
            return (selector, _) -> selector.select(file.get());
        }
        try {
            URI address = URI.create(source);
            if (address.getScheme().equals("http")
                    && !InetAddress.getByName(address.getHost()).isLoopbackAddress()) {
                throw new ConfigurationException("Setting " + KEYS + ": " + source
                        + " is not encrypted, so that anybody on the way can put in keys of their own. Use https");
            }
            return JWKSourceBuilder.<SecurityContext>create(address.toURL())
                    .retrying(true)
                    .outageTolerant(Math.max(1, outage.toMillis()))
                    .build();
        } catch (MalformedURLException | UnknownHostException | IllegalArgumentException e) {
            throw new ConfigurationException(
                    "Setting " + KEYS + ": \"" + source + "\" is no address: " + e.getMessage());
        }
    }

    private static JWKSet keySet(Path file) throws IOException {
        try {
            return JWKSet.load(file.toFile());
        } catch (ParseException e) {
            throw new IllegalArgumentException("it is no key set: " + e.getMessage(), e);
        }
    }

    private static boolean isIdToken(JWTClaimsSet claims) {
        String kind = String.valueOf(claims.getClaim("typ"));
        boolean isAccessToken = kind.equalsIgnoreCase("Bearer");
        return kind.equalsIgnoreCase("ID")
                || "id".equals(claims.getClaim("token_use"))
                || claims.getClaim("at_hash") != null
                || claims.getClaim("c_hash") != null
                // Some releases of Keycloak put it into access tokens, too.
                || (claims.getClaim("nonce") != null && !isAccessToken);
    }

    @Override
    public Optional<Caller> authenticate(String token) {
        try {
            JWTClaimsSet claims = processor.process(token, null);
            if (isIdToken(claims)) {
                log.debug("Token refused: reason=\"It is an ID token\"");
                return Optional.empty();
            }
            return Optional.of(Caller.ofClaims(claims.getSubject(), roles(claims.toJSONObject()), rolesPrefix));
        } catch (ParseException | BadJOSEException e) {
            log.debug("Token refused: reason=\"{}\"", e.getMessage());
        } catch (RateLimitReachedException e) {
            // Unknown keys are looked up again only so often, whoever names them.
            log.debug("Token refused: reason=\"Its key is not known\"");
        } catch (KeySourceException e) {
            log.warn("Keys of tokens cannot be fetched: failure=\"{}\"", e.toString());
            throw new NotAvailableException("The keys that verify tokens cannot be fetched; try again");
        } catch (JOSEException e) {
            log.warn("Token cannot be checked: reason=\"{}\"", e.getMessage());
        }
        return Optional.empty();
    }

    /** The claim may be inside another, as in {@code realm_access.roles}; a list, or words. */
    private List<String> roles(Map<String, Object> claims) {
        @Nullable Object found = claims.get(rolesClaim);
        if (found == null) {
            found = claims;
            for (String name : DOT.splitAsStream(rolesClaim).toList()) {
                found = found instanceof Map<?, ?> object ? object.get(name) : null;
            }
        }
        return switch (found) {
            case Collection<?> list -> list.stream().map(String::valueOf).toList();
            case String words -> SPACE.splitAsStream(words).toList();
            case null, default -> List.of();
        };
    }
}
