package dev.kappa.topologies.authormood;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The word list: how much each word says about a mood. Immutable. */
final class Words {

    private static final Pattern WORD = Pattern.compile("\\p{L}+");
    private static final Words INSTANCE = load();

    private final Map<String, Integer> scores;

    private Words(Map<String, Integer> scores) {
        this.scores = Map.copyOf(scores);
    }

    /** The list that belongs to the view, in the file {@code words.txt} beside this class. */
    static Words list() {
        return INSTANCE;
    }

    private static Words load() {
        try (InputStream file = Objects.requireNonNull(Words.class.getResourceAsStream("words.txt"))) {
            var scores = new HashMap<String, Integer>();
            int score = 0;
            for (String line : new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                if (line.startsWith("#") || line.isBlank()) {
                    continue;
                }
                int colon = line.indexOf(':');
                score = Integer.parseInt(line.substring(0, colon).strip());
                Matcher words = WORD.matcher(line.substring(colon));
                while (words.find()) {
                    scores.put(words.group(), score);
                }
            }
            return new Words(scores);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sum over the words of a text, in any case; 0 without one. */
    int score(@Nullable String text) {
        if (text == null) {
            return 0;
        }
        int sum = 0;
        Matcher words = WORD.matcher(text);
        while (words.find()) {
            sum += scores.getOrDefault(words.group().toLowerCase(Locale.ROOT), 0);
        }
        return sum;
    }
}
