package dev.kappa.avro;

import java.net.URI;
import java.util.Optional;

/** How a client of the schema registry says who it is. Secrets are in no {@code toString}. */
public sealed interface RegistryCredentials {

    /** It does not say. */
    record None() implements RegistryCredentials {}

    /**
     * By HTTP basic authentication.
     *
     * @param userInfo user and password, joined by a colon
     */
    record Basic(String userInfo) implements RegistryCredentials {
        @Override
        public String toString() {
            return "Basic[hidden]";
        }
    }

    /** By a bearer token that does not change. */
    record Token(String token) implements RegistryCredentials {
        @Override
        public String toString() {
            return "Token[hidden]";
        }
    }

    /**
     * By bearer tokens of an OAuth 2.0 authorization server.
     *
     * @param tokenEndpoint where tokens are requested
     * @param clientId the client's name there
     * @param clientSecret its secret
     * @param scope what the token is for; empty leaves it to the server
     * @see <a href="https://www.rfc-editor.org/rfc/rfc6749#section-4.4">RFC 6749, client credentials grant</a>
     */
    record ClientCredentials(URI tokenEndpoint, String clientId, String clientSecret, Optional<String> scope)
            implements RegistryCredentials {
        @Override
        public String toString() {
            return "ClientCredentials[" + tokenEndpoint + ", hidden]";
        }
    }
}
