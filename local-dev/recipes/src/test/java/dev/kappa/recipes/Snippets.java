package dev.kappa.recipes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The snippets of {@code docs/recipes.md}, with the addresses of a test in the place of those that the page has. */
final class Snippets {

    private static final Pattern FENCE = Pattern.compile("(?ms)^( *)```(\\w+)\\n(.*?)^ *```$");

    private final String page;
    private final String kafka;
    private final String registry;
    private final int postgres;

    Snippets(Path home, String kafka, String registry, int postgres) throws IOException {
        this.page = Files.readString(home.resolve("docs").resolve("recipes.md"));
        this.kafka = kafka;
        this.registry = registry;
        this.postgres = postgres;
    }

    /** The only snippet of a language that contains a text. */
    String of(String language, String text) {
        Matcher fences = FENCE.matcher(page);
        while (fences.find()) {
            if (fences.group(2).equals(language) && fences.group(3).contains(text)) {
                return fences.group(3)
                        .replaceAll("(?m)^" + fences.group(1), "")
                        .replace("http://localhost:8081", registry)
                        .replace("localhost:9092", kafka)
                        .replace("localhost:5432", "localhost:" + postgres)
                        .replace("database.port=5432", "database.port=" + postgres);
            }
        }
        throw new IllegalArgumentException("docs/recipes.md has no snippet of " + language + " with " + text);
    }
}
