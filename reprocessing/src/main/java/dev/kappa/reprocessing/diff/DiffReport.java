package dev.kappa.reprocessing.diff;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.reprocessing.cluster.VersionId;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;

/**
 * The result of a comparison.
 *
 * @param before the version that is compared with
 * @param after the version that is compared
 * @param cut event time as of which they were compared; absent: as they are, since nothing was moving
 * @param equal keys whose values are equal, within the tolerances
 * @param changed keys whose values differ
 * @param onlyOld keys that only the version compared with has
 * @param onlyNew keys that only the version compared has
 * @param changedAfterCut keys that could not be compared: only values from after the cut are left, or the last values before it are of
 *     different events and others follow
 * @param incomplete keys that could not be compared: their time is before that from which a version is complete
 * @param fields how many keys differ in each field, by its name
 * @param magnitudes how many keys have a relative change in each class, by field; see {@link Magnitudes#BOUNDS}
 * @param samples some of the keys that differ
 * @param notes what should be known when reading it
 */
public record DiffReport(
        VersionId before,
        VersionId after,
        Optional<Instant> cut,
        long equal,
        long changed,
        long onlyOld,
        long onlyNew,
        long changedAfterCut,
        long incomplete,
        SortedMap<String, Long> fields,
        SortedMap<String, List<Long>> magnitudes,
        List<Sample> samples,
        List<String> notes) {

    /** In which way a key differs. */
    public enum Kind {
        CHANGED,
        ONLY_OLD,
        ONLY_NEW
    }

    /** A key that differs, with its values as JSON; a value that is not there is null. */
    public record Sample(Kind kind, JsonNode key, JsonNode before, JsonNode after) {}

    public DiffReport {
        samples = List.copyOf(samples);
        notes = List.copyOf(notes);
    }

    /** Keys that could be compared. */
    public long compared() {
        return equal + different();
    }

    /** Keys that differ in any way. */
    public long different() {
        return changed + onlyOld + onlyNew;
    }

    /** The part of the compared keys that differ, from 0 to 1. */
    public double fraction() {
        return compared() == 0 ? 0 : (double) different() / (double) compared();
    }

    /** The report as JSON. */
    public ObjectNode toJson() {
        ObjectNode json = JsonNodeFactory.instance
                .objectNode()
                .put("view", before.view())
                .put("old", before.number())
                .put("new", after.number())
                .put("cut", cut.map(Instant::toString).orElse(null))
                .put("compared", compared())
                .put("equal", equal)
                .put("changed", changed)
                .put("onlyOld", onlyOld)
                .put("onlyNew", onlyNew)
                .put("fraction", fraction());
        json.putObject("notCompared").put("changedAfterCut", changedAfterCut).put("incomplete", incomplete);
        ObjectNode byField = json.putObject("fields");
        fields.forEach(byField::put);
        ObjectNode changes = json.putObject("magnitudes");
        magnitudes.forEach((field, counts) -> {
            ArrayNode classes = changes.putArray(field);
            for (int i = 0; i < counts.size(); i++) {
                classes.addObject()
                        .put("above", i == 0 ? null : Magnitudes.BOUNDS.get(i - 1))
                        .put("upTo", i == counts.size() - 1 ? null : Magnitudes.BOUNDS.get(i))
                        .put("keys", counts.get(i));
            }
        });
        ArrayNode list = json.putArray("samples");
        samples.forEach(sample -> {
            ObjectNode entry = list.addObject().put("kind", sample.kind().name());
            entry.set("key", sample.key());
            entry.set("old", sample.before());
            entry.set("new", sample.after());
        });
        ArrayNode said = json.putArray("notes");
        notes.forEach(said::add);
        return json;
    }

    /** The report as lines of text. */
    public String toText() {
        var text = new StringBuilder();
        text.append("%s compared with %s, %s%n"
                .formatted(
                        after,
                        before,
                        cut.map(time -> "as of event time " + time).orElse("as they are, with nothing moving")));
        text.append("  compared  %,12d keys%n".formatted(compared()));
        text.append("  equal     %,12d%n".formatted(equal));
        text.append("  changed   %,12d%n".formatted(changed));
        text.append("  only old  %,12d%n".formatted(onlyOld));
        text.append("  only new  %,12d%n".formatted(onlyNew));
        text.append("  different %11.4f%%%n".formatted(100 * fraction()));
        if (changedAfterCut > 0) {
            text.append("  not compared: %,d keys have changed since the cut%n".formatted(changedAfterCut));
        }
        if (incomplete > 0) {
            text.append("  not compared: %,d keys are older than the time from which both versions are complete%n"
                    .formatted(incomplete));
        }
        fields.forEach((field, count) -> text.append("  field %s differs in %,d keys%n".formatted(field, count)));
        samples.forEach(sample -> text.append("  %-8s %s: %s -> %s%n"
                .formatted(
                        sample.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        sample.key(),
                        sample.before(),
                        sample.after())));
        notes.forEach(note -> text.append("  note: ").append(note).append(System.lineSeparator()));
        return text.toString();
    }

    /** The report as an HTML page that needs nothing else. */
    public String toHtml() {
        var rows = new StringBuilder();
        samples.forEach(sample -> rows.append(
                "<tr><td>%s</td><td><code>%s</code></td><td><code>%s</code></td><td><code>%s</code></td></tr>%n"
                        .formatted(
                                sample.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                                escaped(sample.key().toString()),
                                escaped(sample.before().toString()),
                                escaped(sample.after().toString()))));
        var byField = new StringBuilder();
        fields.forEach((field, count) -> byField.append(
                "<tr><td><code>%s</code></td><td class=n>%,d</td></tr>%n".formatted(escaped(field), count)));
        var said = new StringBuilder();
        notes.forEach(
                note -> said.append("<p class=note>").append(escaped(note)).append("</p>\n"));
        return """
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta name="viewport" content="width=device-width, initial-scale=1">
                <title>%1$s compared with %2$s</title>
                <style>
                body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #1b1f24; }
                h1 { font-size: 1.5rem; margin-bottom: 0; }
                h2 { font-size: 1.1rem; margin-top: 2rem; }
                table { border-collapse: collapse; width: 100%%; }
                td, th { border-bottom: 1px solid #d8dee4; padding: .35rem .6rem; text-align: left; vertical-align: top; }
                .n { text-align: right; font-variant-numeric: tabular-nums; }
                .narrow { width: auto; min-width: 22rem; }
                code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere; }
                .verdict { font-size: 1.2rem; margin: 1rem 0; }
                .note { color: #57606a; }
                .bar { display: flex; height: 1.2rem; border-radius: 3px; overflow: hidden; background: #eaeef2; }
                .equal { background: #2da44e; } .changed { background: #bf8700; } .old { background: #cf222e; } .new { background: #0969da; }
                </style>
                </head>
                <body>
                <h1>%1$s compared with %2$s</h1>
                <p class=note>%3$s</p>
                <p class=verdict>%4$s</p>
                <div class=bar role=img aria-label="equal, changed, only old, only new">
                <span class=equal style="flex:%5$d"></span><span class=changed style="flex:%6$d"></span><span class=old style="flex:%7$d"></span><span class=new style="flex:%8$d"></span>
                </div>
                <table class=narrow>
                <tr><td>equal</td><td class=n>%5$,d</td></tr>
                <tr><td>changed</td><td class=n>%6$,d</td></tr>
                <tr><td>only in %2$s</td><td class=n>%7$,d</td></tr>
                <tr><td>only in %1$s</td><td class=n>%8$,d</td></tr>
                <tr><td>not compared: changed since the cut</td><td class=n>%9$,d</td></tr>
                <tr><td>not compared: older than both are complete from</td><td class=n>%10$,d</td></tr>
                </table>
                %11$s
                <h2>Fields that differ</h2>
                <table class=narrow><tr><th>field</th><th class=n>keys</th></tr>
                %12$s</table>
                <h2>Samples</h2>
                <table><tr><th>kind</th><th>key</th><th>%2$s</th><th>%1$s</th></tr>
                %13$s</table>
                </body>
                </html>
                """.formatted(
                after,
                before,
                cut.map(time -> "As of event time " + time).orElse("As they are, with nothing moving"),
                compared() == 0
                        ? "No key could be compared."
                        : "%,d of %,d keys differ (%.4f%%)".formatted(different(), compared(), 100 * fraction()),
                equal,
                changed,
                onlyOld,
                onlyNew,
                changedAfterCut,
                incomplete,
                said,
                byField,
                rows);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
