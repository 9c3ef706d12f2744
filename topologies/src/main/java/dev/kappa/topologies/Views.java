package dev.kappa.topologies;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.regex.Pattern;

/** Finds the view definitions on the class path. */
public final class Views {

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");

    private Views() {}

    /**
     * Every definition on the class path, by name.
     *
     * @throws IllegalStateException when a definition cannot be created, has an unusable name or shares one
     */
    public static List<ViewDefinition> discover() {
        List<ViewDefinition> found = new ArrayList<>();
        try {
            ServiceLoader.load(ViewDefinition.class).forEach(found::add);
        } catch (ServiceConfigurationError e) {
            throw new IllegalStateException("A view definition on the class path cannot be used: " + e.getMessage(), e);
        }
        found.sort(Comparator.comparing(ViewDefinition::name));
        for (int i = 0; i < found.size(); i++) {
            requireName("view", found.get(i).name());
            if (i > 0 && found.get(i).name().equals(found.get(i - 1).name())) {
                throw new IllegalStateException(
                        "Two view definitions are named " + found.get(i).name() + ": "
                                + found.get(i - 1).getClass().getName() + " and "
                                + found.get(i).getClass().getName());
            }
        }
        return List.copyOf(found);
    }

    static void requireName(String what, String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("The " + what + " name \"" + name
                    + "\" must be lower case words of letters and digits, joined by hyphens");
        }
    }
}
