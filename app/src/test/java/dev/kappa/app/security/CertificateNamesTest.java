package dev.kappa.app.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.app.config.ConfigurationException;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateNamesTest {

    @TempDir
    Path directory = Path.of("");

    private CertificateNames file(String text) throws Exception {
        return new CertificateNames(Files.writeString(directory.resolve("callers"), text));
    }

    private static X509Certificate certificate(CertificateBuilder builder) throws Exception {
        X509Bundle authority = new CertificateBuilder()
                .ecp256()
                .subject("CN=authority")
                .setIsCertificateAuthority(true)
                .buildSelfSigned();
        return builder.ecp256().buildIssuedBy(authority).getCertificate();
    }

    /** Who may have a certificate for a host of a name need not be the person of that name. */
    @Test
    void nameOfOneKindIsNoNameOfAnother() throws Exception {
        CertificateNames names = file("CN:ann admin\nDNS:bob reader\nURI:spiffe://test/olga operator\n");
        var commonName = new CertificateBuilder().subject("CN=ann");
        assertThat(names.find(certificate(commonName))).isPresent();
        var host = new CertificateBuilder().subject("CN=host").addSanDnsName("ann");
        assertThat(names.find(certificate(host))).isEmpty();
        var person = new CertificateBuilder().subject("CN=bob");
        assertThat(names.find(certificate(person))).isEmpty();
        var both = new CertificateBuilder().subject("CN=ann").addSanDnsName("bob");
        assertThat(names.find(certificate(both)).orElseThrow().name())
                .as("the common name counts only in a certificate without alternative names")
                .isEqualTo("DNS:bob");
        var service = new CertificateBuilder().subject("CN=x").addSanUriName("spiffe://test/olga");
        assertThat(names.find(certificate(service)).orElseThrow().may(Role.OPERATOR))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ann reader", "IP:10.0.0.1 reader", "CN:ann", "CN:ann reader\nCN:ann admin"})
    void lineOfAnotherFormIsRefused(String text) {
        assertThatThrownBy(() -> file(text))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("line");
    }
}
