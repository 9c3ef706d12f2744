package dev.kappa.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestAuthorizerTest {

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:8080", "10.1.2.3", "[::1]:8080", "localhost", "kappa.localhost:8080"})
    void addressesAreKnownEverywhere(String host) {
        assertThat(RequestAuthorizer.isKnown(host, false, Set.of())).isTrue();
        assertThat(RequestAuthorizer.isKnown(host, true, Set.of())).isTrue();
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
        assertThat(RequestAuthorizer.isKnown(host, false, Set.of())).isFalse();
        assertThat(RequestAuthorizer.isKnown(host, true, Set.of())).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"kappa.example.org", "Kappa.Example.org:8443", "a.apps.example.org", "a.b.apps.example.org:80"})
    void namesThatAreAllowedAreKnown(String host) {
        assertThat(RequestAuthorizer.isKnown(host, true, Set.of("kappa.example.org", "*.apps.example.org")))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "example.org",
                "apps.example.org",
                "xapps.example.org",
                "a.kappa.example.org",
                "kappa.example.org.attacker.example"
            })
    void namesBesideThoseThatAreAllowedAreNot(String host) {
        assertThat(RequestAuthorizer.isKnown(host, true, Set.of("kappa.example.org", "*.apps.example.org")))
                .isFalse();
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
        assertThat(RequestAuthorizer.isKnown(host, true, Set.of())).isFalse();
    }
}
