package dev.kappa.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** What was measured, for people. */
record Report(String title, Map<Contender, List<Measured>> measured) {

    String markdown() {
        var text = new StringBuilder("# " + title + "\n\n");
        text.append("Thousands of events per second, median (least to most); other columns: median.\n\n");
        text.append("| contender | k events/s | to plain Kafka Streams | CPU s | peak memory MB | records written |\n");
        text.append("|---|---|---|---|---|---|\n");
        double plain = measured.containsKey(Contender.STREAMS)
                ? median(measured.get(Contender.STREAMS), Measured::rate)
                : Double.NaN;
        measured.forEach((contender, runs) -> {
            double[] rates = sorted(runs, Measured::rate);
            text.append("| %s%s | %.0f (%.0f to %.0f) | %.2f | %.1f | %.0f | %,.0f |%n"
                    .formatted(
                            contender.title(),
                            runs.stream().allMatch(Measured::right) ? "" : " (wrong results)",
                            median(runs, Measured::rate),
                            rates[0],
                            rates[rates.length - 1],
                            median(runs, Measured::rate) / plain,
                            median(runs, run -> run.usage().cpu().toMillis() / 1e3),
                            median(runs, run -> run.usage().peakBytes() >> 20),
                            median(runs, Measured::outputs)));
        });
        return text.toString();
    }

    private static double[] sorted(List<Measured> runs, ToDoubleFunction<Measured> what) {
        return runs.stream().mapToDouble(what).sorted().toArray();
    }

    private static double median(List<Measured> runs, ToDoubleFunction<Measured> what) {
        double[] values = sorted(runs, what);
        int middle = values.length / 2;
        return values.length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}
