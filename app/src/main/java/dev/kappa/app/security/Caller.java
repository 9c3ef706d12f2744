package dev.kappa.app.security;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The sender of a request.
 *
 * @param name for the log and the audit trail
 * @param grants what they may do
 */
public record Caller(String name, List<Grant> grants) {

    /** Name of the request's attribute that holds its caller. */
    public static final String ATTRIBUTE = "kappa.caller";

    /** Another instance of the fleet, which has checked what its own caller may. It forwards nothing but reads. */
    public static final Caller FLEET = new Caller("fleet", List.of(new Grant(Role.READER, Optional.empty())));

    /** The caller where callers are not authenticated. */
    public static final Caller ANYBODY = new Caller("anybody", List.of(new Grant(Role.ADMIN, Optional.empty())));

    /** A role, for one view or for all. */
    public record Grant(Role role, Optional<String> view) {

        private static final Pattern VIEW = Pattern.compile("[\\w.-]+");

        /**
         * Reads {@code ROLE} or {@code ROLE:VIEW}.
         *
         * @throws IllegalArgumentException when there is no such role
         */
        static Grant parse(String text) {
            int colon = text.indexOf(':');
            String role = colon < 0 ? text : text.substring(0, colon);
            Optional<String> view = colon < 0
                    ? Optional.empty()
                    : Optional.of(text.substring(colon + 1).strip());
            try {
                if (view.filter(name -> !VIEW.matcher(name).matches()).isPresent()) {
                    throw new IllegalArgumentException("No view has such a name");
                }
                return new Grant(Role.valueOf(role.strip().toUpperCase(Locale.ROOT)), view);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "\"" + text + "\" is not a role; use reader, operator or admin, or ROLE:VIEW for one view", e);
            }
        }

        private boolean includes(Role wanted) {
            return role.compareTo(wanted) >= 0;
        }
    }

    public Caller {
        grants = List.copyOf(grants);
    }

    /**
     * Roles of a token that another system issued; roles that Kappa does not know are ignored.
     *
     * @param prefix what the roles that are meant for Kappa begin with: an {@code admin} of the other system is none here
     */
    static Caller ofClaims(String name, Collection<String> roles, String prefix) {
        var grants = new ArrayList<Grant>();
        for (String role : roles) {
            if (!role.startsWith(prefix)) {
                continue;
            }
            try {
                grants.add(Grant.parse(role.substring(prefix.length())));
            } catch (IllegalArgumentException meantForAnother) {
                // It gives nothing here.
            }
        }
        return new Caller(name, grants);
    }

    /** Whether it is known who it is. */
    @SuppressWarnings("ReferenceEquality")
    public boolean isAuthenticated() {
        return this != ANYBODY;
    }

    /** Whether it is another instance, which no token's name and roles can make one. */
    @SuppressWarnings("ReferenceEquality")
    public boolean isInstance() {
        return this == FLEET;
    }

    /** Whether they may do something with a view. */
    public boolean may(Role role, String view) {
        return grants.stream()
                .anyMatch(grant ->
                        grant.includes(role) && grant.view().map(view::equals).orElse(true));
    }

    /** Whether they may do something with all views. */
    public boolean mayWithAllViews(Role role) {
        return grants.stream()
                .anyMatch(grant -> grant.includes(role) && grant.view().isEmpty());
    }

    /** Whether they may do something with at least one view. */
    public boolean may(Role role) {
        return grants.stream().anyMatch(grant -> grant.includes(role));
    }
}
