package dev.kappa.benchmarks;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Prints measurements for people. */
record Report(String title, Map<Contender, List<Measured>> measured) {

    static final String HISTORY_HEADER = "when,events,contender,median_k_per_s,least,most,to_streams\n";

    private static final double CHART_WIDTH = 600;

    String markdown() {
        var text = new StringBuilder("# " + title + "\n\n");
        text.append("Thousands of events per second, median (least to most); other columns: median.\n\n");
        text.append("| contender | k events/s | to plain Kafka Streams | CPU s | peak memory MB | records written |\n");
        text.append("|---|---|---|---|---|---|\n");
        measured.forEach((contender, runs) -> {
            double[] rates = sorted(runs, Measured::rate);
            text.append("| %s%s | %.0f (%.0f to %.0f) | %.2f | %.1f | %.0f | %,.0f |%n"
                    .formatted(
                            contender.title(),
                            runs.stream().allMatch(Measured::right) ? "" : " (wrong results)",
                            median(runs, Measured::rate),
                            rates[0],
                            rates[rates.length - 1],
                            ratio(runs),
                            median(runs, run -> run.usage().cpu().toMillis() / 1e3),
                            median(runs, run -> run.usage().peakBytes() >> 20),
                            median(runs, Measured::outputs)));
        });
        return text.toString();
    }

    /** The same with a chart, as a page of its own that needs nothing from elsewhere. */
    String html() {
        double most = measured.values().stream()
                .mapToDouble(runs -> sorted(runs, Measured::rate)[runs.size() - 1])
                .max()
                .orElse(1);
        var rows = new StringBuilder();
        int y = 0;
        for (var entry : measured.entrySet()) {
            double[] rates = sorted(entry.getValue(), Measured::rate);
            double median = median(entry.getValue(), Measured::rate);
            rows.append("""
                    <text x="0" y="%d">%s</text><rect x="220" y="%d" width="%.1f" height="18"/>\
                    <line x1="%.1f" x2="%.1f" y1="%d" y2="%d"/><text x="%.1f" y="%d">%.0f</text>
                    """.formatted(
                            y + 15,
                            entry.getKey().title(),
                            y,
                            median / most * CHART_WIDTH,
                            220 + rates[0] / most * CHART_WIDTH,
                            220 + rates[rates.length - 1] / most * CHART_WIDTH,
                            y + 9,
                            y + 9,
                            230 + rates[rates.length - 1] / most * CHART_WIDTH,
                            y + 15,
                            median));
            y += 28;
        }
        return """
                <!DOCTYPE html>
                <html lang="en"><head><meta charset="utf-8"><title>%s</title><style>
                body {font: 15px sans-serif; margin: 2em} text {font: 14px sans-serif}
                rect {fill: #4878a8} line {stroke: #222; stroke-width: 2} pre {line-height: 1.4}
                </style></head><body><h1>%s</h1>
                <p>Thousands of events per second: medians, and lines from the least to the most.</p>
                <svg width="900" height="%d" role="img">
                %s</svg><pre>%s</pre></body></html>
                """.formatted(title, title, y, rows, markdown());
    }

    /** A line for each contender, for a file that is added to: when, how many events, who, and the rates. */
    String history(Instant when) {
        var lines = new StringBuilder();
        measured.forEach((contender, runs) -> {
            double[] rates = sorted(runs, Measured::rate);
            lines.append("%s,%d,%s,%.0f,%.0f,%.0f,%.2f%n"
                    .formatted(
                            when,
                            runs.getFirst().events(),
                            contender,
                            median(runs, Measured::rate),
                            rates[0],
                            rates[rates.length - 1],
                            ratio(runs)));
        });
        return lines.toString();
    }

    private double ratio(List<Measured> runs) {
        return measured.containsKey(Contender.STREAMS)
                ? median(runs, Measured::rate) / median(measured.get(Contender.STREAMS), Measured::rate)
                : Double.NaN;
    }

    private static double[] sorted(List<Measured> runs, ToDoubleFunction<Measured> what) {
        return runs.stream().mapToDouble(what).sorted().toArray();
    }

    static double median(List<Measured> runs, ToDoubleFunction<Measured> what) {
        double[] values = sorted(runs, what);
        int middle = values.length / 2;
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
