package dev.kappa.localdev.load;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.kappa.reprocessing.command.ExitCode;
import dev.kappa.reprocessing.command.GlobalOptions;
import java.io.PrintWriter;
import java.time.Duration;

/**
 * The result of a load.
 *
 * @param topic the topic that was loaded into
 * @param loaded events that were written
 * @param position of the last of them, for {@code --min-position}
 * @param late how much older the oldest of them is than the newest event that the topic had before
 * @param rejected rows that made no event
 * @param took how long it took
 */
record LoadReport(String topic, long loaded, String position, Duration late, RejectedRows rejected, Duration took) {

    /** Events that are out of order by less are usual, and within the grace of most views. */
    private static final Duration NOTABLE = Duration.ofMinutes(10);

    private static String text(Duration length) {
        return length.toDays() >= 2
                ? length.toDays() + " days"
                : length.toHours() >= 2 ? length.toHours() + " hours" : length.toMinutes() + " minutes";
    }

    /** Prints it; returns the exit code. */
    int print(PrintWriter out, GlobalOptions.Output output) {
        double seconds = took.toMillis() / 1000.0;
        if (output == GlobalOptions.Output.json) {
            var json = JsonNodeFactory.instance
                    .objectNode()
                    .put("topic", topic)
                    .put("loaded", loaded)
                    .put("position", position)
                    .put("rejected", rejected.count())
                    .put("lateSeconds", late.toSeconds())
                    .put("seconds", seconds);
            if (rejected.count() > 0) {
                json.put("rejects", rejected.file().toString());
            }
            out.println(json);
        } else {
            out.printf(
                    "Loaded %,d events into %s in %.1f s (%,.0f per second).%n",
                    loaded, topic, seconds, loaded / Math.max(seconds, 0.001));
            if (loaded > 0) {
                out.printf("To query these events, give --min-position %s.%n", position);
            }
            if (late.compareTo(NOTABLE) > 0) {
                out.printf(
                        "Note: events are up to %s older than the newest event that was in the topic. Views leave out events that are"
                                + " later in their partition than their grace allows.%n",
                        text(late));
            }
            if (rejected.count() > 0) {
                out.printf(
                        "%,d rows were rejected; see %s for the rows and reasons.%n",
                        rejected.count(), rejected.file());
            }
        }
        out.flush();
        return rejected.count() == 0 ? ExitCode.DONE : ExitCode.REFUSED;
    }
}
