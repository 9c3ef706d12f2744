package dev.kappa.app.security;

import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * Names in certificates that a {@link CallersFile} gives roles to: a line for each, {@code KIND:NAME ROLE,ROLE:VIEW,…}. A name is
 * an alternative one of kind {@code DNS}, {@code URI} or {@code EMAIL} (RFC 5280 §4.2.1.6) or, in a certificate that has none of those, the
 * common name of its subject, {@code CN}. Who may get a certificate with one kind of name need not be who has the same name of another
 * kind. Thread-safe.
 */
final class CertificateNames {

    /** The kinds of alternative names by the numbers that a certificate has them under. */
    private static final Map<Integer, String> KINDS = Map.of(1, "EMAIL:", 2, "DNS:", 6, "URI:");

    private static final String COMMON_NAME = "CN:";

    private final CallersFile callers;

    /**
     * Reads the file.
     *
     * @throws dev.kappa.app.config.ConfigurationException when it cannot be read
     */
    CertificateNames(Path file) {
        this.callers = new CallersFile("kappa.security.certificates-file", file, CertificateNames::known);
    }

    private static CallersFile.Known known(String[] words) {
        if (words.length != 2
                || Stream.concat(KINDS.values().stream(), Stream.of(COMMON_NAME))
                        .noneMatch(words[0]::startsWith)) {
            throw new IllegalArgumentException(
                    "not of the form KIND:NAME ROLE,ROLE:VIEW, where KIND is DNS, URI, EMAIL or CN");
        }
        return new CallersFile.Known(words[0], words[0], words[1]);
    }

    /** The caller of a certificate that TLS has verified: the first of its names that has roles. */
    Optional<Caller> find(X509Certificate certificate) {
        return names(certificate).stream()
                .flatMap(name -> callers.find(name).stream())
                .findFirst();
    }

    static List<String> names(X509Certificate certificate) {
        var names = new ArrayList<String>();
        try {
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            for (List<?> alternative : alternatives == null ? List.<List<?>>of() : alternatives) {
                String kind = KINDS.get(alternative.getFirst());
                if (kind != null) {
                    names.add(kind + alternative.get(1));
                }
            }
            if (names.isEmpty()) {
                for (Rdn part :
                        new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                    if (part.getType().equalsIgnoreCase("CN")) {
                        names.add(COMMON_NAME + part.getValue());
                    }
                }
            }
        } catch (CertificateParsingException | InvalidNameException e) {
            return List.of();
        }
        return names;
    }
}
