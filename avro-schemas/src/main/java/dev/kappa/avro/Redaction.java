package dev.kappa.avro;

import java.util.regex.Pattern;

/**
 * Text that people see, such as a message, a log line or an entry of the audit trail, without the secrets that settings, addresses and
 * arguments in it may hold. It may leave out more than the secret, never less.
 */
public final class Redaction {

    private static final String HIDDEN = "***";

    /**
     * User and password of an address (RFC 3986 §3.2.1), up to the last {@code @} before white space or the next address of a list: a
     * password may hold characters that should have been encoded.
     */
    private static final Pattern USER_INFO = Pattern.compile("(?<=://)(?:(?!,\\s*\\w+://)\\S)*@");

    /** A setting whose value is secret, with everything behind it up to the end of the line. A file of secrets is none. */
    private static final Pattern SECRET_SETTING = Pattern.compile(
            "((?:[\\w.-]*(?:password|passphrase|secret|credential|token|user\\.info|jaas\\.config|private.?key)[\\w.-]*)(?<!file|location|endpoint\\.url)\\s*[=:]\\s*)(?![*])[^\\s].*",
            Pattern.CASE_INSENSITIVE);

    private Redaction() {}

    /** A text with settings or arguments in it, without secrets. */
    public static String of(String text) {
        return SECRET_SETTING.matcher(ofAddresses(text)).replaceAll("$1" + HIDDEN);
    }

    /** A text without the users and passwords of the addresses in it. */
    public static String ofAddresses(String text) {
        return USER_INFO.matcher(text).replaceAll(HIDDEN + "@");
    }
}
