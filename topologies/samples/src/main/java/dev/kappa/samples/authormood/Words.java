package dev.kappa.samples.authormood;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The word list: how much each word says about a mood. Immutable. A change changes results: raise the view's revision. */
final class Words {

    private static final Pattern WORD = Pattern.compile("\\p{L}+");

    private static final String VERY_GOOD = """
            amazing awesome best brilliant delight excellent fantastic glad great happy hero joy love loved
            loving perfect proud thrilled win winner won wonderful""";

    private static final String GOOD = """
            beautiful better brave calm care cheer cool easy enjoy fair fine free friend fun good grateful help
            hope kind laugh like lucky nice peace pleased pray ready right safe smile strong support sweet thank
            thanks true welcome well wise yes""";

    private static final String BAD = """
            afraid alone angry annoyed bad bored broke cold cry dark doubt down fail fear fight flood guilty
            hard hurt late lie lonely loser lost miss no pain poor sad scared sick slow sorry stuck tired
            trouble ugly upset weak weird worry wrong""";

    private static final String VERY_BAD = """
            awful cruel dead death destroy devastating disaster disgusting evil hate hated horrible kill killed
            murder panic shame stupid terrible terror tragedy victim victims violence war worst""";

    private static final Words INSTANCE = new Words(Map.of(2, VERY_GOOD, 1, GOOD, -1, BAD, -2, VERY_BAD));

    private final Map<String, Integer> scores;

    private Words(Map<Integer, String> wordsByScore) {
        var all = new HashMap<String, Integer>();
        wordsByScore.forEach((score, text) -> {
            Matcher words = WORD.matcher(text);
            while (words.find()) {
                all.put(words.group(), score);
            }
        });
        this.scores = Map.copyOf(all);
    }

    /** The list that belongs to the view. */
    static Words list() {
        return INSTANCE;
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
