package dev.kappa.app.security;

import java.nio.file.Path;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/**
 * Names in certificates that a {@link CallersFile} gives roles to: a line for each, {@code NAME ROLE,ROLE:VIEW,…}. A name is
 * an alternative one of kind DNS, URI or e-mail address (RFC 5280 §4.2.1.6) or, in a certificate that has none of those, the
 * common name of its subject. Thread-safe.
 */
final class CertificateNames {

    private static final int EMAIL = 1;
    private static final int DNS = 2;
    private static final int URI = 6;

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
        if (words.length != 2) {
            throw new IllegalArgumentException("not of the form NAME ROLE,ROLE:VIEW");
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
                if (List.of(EMAIL, DNS, URI).contains(alternative.getFirst())) {
                    names.add(String.valueOf(alternative.get(1)));
                }
            }
            if (names.isEmpty()) {
                for (Rdn part :
                        new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                    if (part.getType().equalsIgnoreCase("CN")) {
                        names.add(String.valueOf(part.getValue()));
                    }
                }
            }
        } catch (CertificateParsingException | InvalidNameException e) {
            return List.of();
        }
        return names;
    }
}
