package dev.kappa.reprocessing.command;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.diff.DiffReport;
import dev.kappa.reprocessing.diff.KeyTable;
import dev.kappa.reprocessing.diff.OutputDiff;
import dev.kappa.reprocessing.replay.VersionChoice;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares the results of two versions. */
@Command(
        name = "diff",
        description = "Compares the results of the replay of VIEW with those of the active version.",
        mixinStandardHelpOptions = true)
final class ReplayDiff extends ReplayOperation {

    @Option(
            names = "--version",
            paramLabel = "N",
            description = "Version to compare (default: the replay under way, else the one in STANDBY).")
    @Nullable
    Integer number;

    @Option(names = "--against", paramLabel = "N", description = "Version to compare with (default: the active one).")
    @Nullable
    Integer against;

    @Option(
            names = "--at",
            paramLabel = "INSTANT",
            description = "Event time as of which to compare (default: chosen automatically).")
    @Nullable
    String at;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "5",
            description = "Keys of each kind to show (default: ${DEFAULT-VALUE}).")
    int samples;

    @Option(
            names = "--key",
            paramLabel = "TEXT",
            description = "Show only differing keys that contain TEXT. All keys are compared and counted.")
    @Nullable
    String key;

    @Option(
            names = "--tolerance",
            paramLabel = "FIELD=NUMBER",
            description = "Allowed difference between the numbers of a field, such as mean=1e-9; may be repeated.")
    Map<String, BigDecimal> tolerances = new LinkedHashMap<>();

    @Option(
            names = "--fail-above",
            paramLabel = "PERCENT",
            description = "Exit with code 1 if more than this share of the keys differs, such as 0.1%%.")
    @Nullable
    String failAbove;

    @Option(names = "--html", paramLabel = "FILE", description = "Also write the report as an HTML page.")
    @Nullable
    Path html;

    @Option(
            names = "--work-dir",
            paramLabel = "DIRECTORY",
            description = "Directory for the results while they are compared (default: the one for temporary files).")
    @Nullable
    Path workDir;

    @Override
    int run(Session session) throws IOException {
        Optional<Double> limit = Optional.ofNullable(failAbove).map(ReplayDiff::fraction);
        if (samples < 0) {
            throw CommandException.usage("--samples must be 0 or more; got " + samples);
        }
        Catalog catalog = session.replays().catalog();
        VersionChoice.Pair pair =
                VersionChoice.pair(catalog, view, Optional.ofNullable(number), Optional.ofNullable(against));
        var options = new OutputDiff.Options(cut(), samples, Optional.ofNullable(key), tolerances);
        var diff = new OutputDiff(
                session.kafka(), session.replays().names(), session.registry(), session.replays(), this::space);
        DiffReport report;
        try (ProgressBar bar = session.isStructured()
                ? null
                : Terminal.progressBar("Comparing").setInitialMax(-1).build()) {
            report = diff.compare(pair.before(), pair.after(), options, (read, all) -> {
                if (bar != null) {
                    bar.maxHint(all);
                    bar.stepTo(read);
                }
            });
        }
        session.say(
                session.isStructured()
                        ? report.toJson().toPrettyString()
                        : report.toText().stripTrailing());
        if (html != null) {
            Files.writeString(html, report.toHtml());
            session.narrate("Page: " + html);
        }
        if (limit.isPresent() && (report.fraction() > limit.get() || report.compared() == 0)) {
            throw CommandException.refused(
                    report.compared() == 0
                            ? "No key could be compared, so the check of --fail-above fails"
                            : "%.4f%% of the keys differ, more than the %s that --fail-above allows"
                                    .formatted(100 * report.fraction(), failAbove));
        }
        return ExitCode.DONE;
    }

    /** The directory for temporary files is small in a pod. */
    private KeyTable.Space space() {
        return workDir == null
                ? KeyTable.Space.shared(Path.of(System.getProperty("java.io.tmpdir")))
                : KeyTable.Space.of(workDir);
    }

    private Optional<Instant> cut() {
        try {
            return Optional.ofNullable(at).map(Instant::parse);
        } catch (DateTimeException e) {
            throw CommandException.usage("--at takes an instant such as 2026-01-01T00:00:00Z; got \"" + at + "\"");
        }
    }

    private static double fraction(String text) {
        try {
            double number = Double.parseDouble(text.endsWith("%") ? text.substring(0, text.length() - 1) : text);
            double fraction = text.endsWith("%") ? number / 100 : number;
            if (fraction >= 0 && fraction <= 1) {
                return fraction;
            }
        } catch (NumberFormatException notANumber) {
            // Falls through to the same message.
        }
        throw CommandException.usage("--fail-above takes a part such as 0.1% or 0.001; got \"" + text + "\"");
    }
}
