package dev.kappa.avro;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Text that people see, such as a message, a log line or an entry of the audit trail, without the secrets that settings, addresses and
 * arguments in it may hold. It may leave out more than the secret.
 */
public final class Redaction {

    private static final String HIDDEN = "***";
    private static final String SECRET_NAME =
            "[\\w.-]*(?:password|passphrase|secret|credential|token|user[._]info|jaas[._]config|private.?key|keystore[._]key)[\\w.-]*(?<!file|location|endpoint\\.url)";

    /**
     * User and password of an address (RFC 3986 §3.2.1), up to the last {@code @} before white space or the next address of a list: a
     * password may hold characters that should have been encoded.
     */
    private static final Pattern USER_INFO = Pattern.compile("(?<=://)(?:(?!,\\s*\\w+://)\\S)*@");

    /** The same where the whole text is known to be addresses, whatever they begin with. */
    private static final Pattern BEFORE_HOST = Pattern.compile("(?:(?!,\\s*\\w+:/)\\S)*@");

    /** A setting whose value is secret, with everything behind it. A file of secrets is none. */
    private static final Pattern SECRET_SETTING =
            Pattern.compile("(" + SECRET_NAME + "[\"']?\\s*[=:]\\s*)\\S.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    private static final Pattern SECRET_OPTION = Pattern.compile("-{1,2}" + SECRET_NAME, Pattern.CASE_INSENSITIVE);

    private Redaction() {}

    /** A text with settings in it, without secrets. */
    public static String of(String text) {
        return SECRET_SETTING.matcher(ofAddresses(text)).replaceAll("$1" + HIDDEN);
    }

    /** Arguments of a command, each without secrets, in one line. */
    public static String ofArguments(List<String> arguments) {
        var shown = new ArrayList<String>();
        boolean isSecret = false;
        for (String argument : arguments) {
            shown.add(isSecret ? HIDDEN : of(argument));
            isSecret = SECRET_OPTION.matcher(argument).matches();
        }
        return String.join(" ", shown);
    }

    /** A text without the users and passwords of the addresses in it. */
    public static String ofAddresses(String text) {
        return USER_INFO.matcher(text).replaceAll(HIDDEN + "@");
    }

    /** A text that should be an address, or several with commas between them, without what is before their hosts. */
    public static String ofAddress(String text) {
        return BEFORE_HOST.matcher(text).replaceAll(HIDDEN + "@");
    }
}
