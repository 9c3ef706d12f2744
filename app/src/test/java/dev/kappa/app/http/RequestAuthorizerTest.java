package dev.kappa.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestAuthorizerTest {

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:8080", "10.1.2.3", "[::1]:8080", "localhost", "kappa.localhost:8080"})
    void addressesAreKnownEverywhere(String host) {
        assertThat(RequestAuthorizer.isKnown(host, false)).isTrue();
        assertThat(RequestAuthorizer.isKnown(host, true)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "kappa",
                "kappa:8080",
                "kappa.views.svc:8080",
                "kappa.views.svc.cluster.local",
                "kappa-main-0.kappa-headless.views.svc:8080"
            })
    void namesOfServicesAreKnownInAClusterOnly(String host) {
        assertThat(RequestAuthorizer.isKnown(host, false)).isFalse();
        assertThat(RequestAuthorizer.isKnown(host, true)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "attacker.example",
                "attacker.example:8080",
                "kappa.views.svc.attacker.example",
                "127.0.0.1.attacker.example",
                "localhost.attacker.example",
                "svc.example",
                ""
            })
    void namesThatOthersCanResolveAreNotKnown(String host) {
        assertThat(RequestAuthorizer.isKnown(host, true)).isFalse();
    }
}
