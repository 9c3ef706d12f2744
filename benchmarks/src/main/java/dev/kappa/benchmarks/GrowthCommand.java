package dev.kappa.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the cost of one event in a replay as keys, windows and partitions grow. */
@Command(
        name = "growth",
        description = "Time for each event of a replay, as keys, windows and partitions grow.",
        mixinStandardHelpOptions = true)
final class GrowthCommand implements Callable<Integer> {

    private static final int ORDINARY_CAMPAIGNS = 100;
    private static final int ORDINARY_PARTITIONS = 4;
    private static final int ORDINARY_SPACING = 1;

    @Option(
            names = "--events",
            defaultValue = "3000000",
            description = "Events of each replay (default: ${DEFAULT-VALUE}).")
    long events;

    @Option(
            names = "--campaigns",
            split = ",",
            defaultValue = "30,300,3000,30000",
            description = "Campaigns, of which more make more keys (default: ${DEFAULT-VALUE}).")
    List<Integer> campaigns = List.of();

    @Option(
            names = "--spacings",
            split = ",",
            defaultValue = "1,10,100",
            description =
                    "Milliseconds from one event to the next, of which more make more windows (default: ${DEFAULT-VALUE}).")
    List<Integer> spacings = List.of();

    @Option(
            names = "--partitions",
            split = ",",
            defaultValue = "1,4,16,64",
            description = "Partitions of the topics (default: ${DEFAULT-VALUE}).")
    List<Integer> partitions = List.of();

    @Option(names = "--runs", defaultValue = "1", description = "Runs of each (default: ${DEFAULT-VALUE}).")
    int runs;

    @Override
    public Integer call() throws Exception {
        var table = new StringBuilder(
                "| keys | windows of 10 s | partitions | µs for an event | to the first | records written |\n|---|---|---|---|---|---|\n");
        var byKeys = new ArrayList<Double>();
        for (int number : campaigns) {
            table.append(row(number, ORDINARY_SPACING, ORDINARY_PARTITIONS, byKeys));
        }
        var byWindows = new ArrayList<Double>();
        for (int number : spacings) {
            table.append(row(ORDINARY_CAMPAIGNS, number, ORDINARY_PARTITIONS, byWindows));
        }
        var byPartitions = new ArrayList<Double>();
        for (int number : partitions) {
            table.append(row(ORDINARY_CAMPAIGNS, ORDINARY_SPACING, number, byPartitions));
        }
        System.out.print(table);
        return 0;
    }

    private String row(int ofCampaigns, int spacing, int ofPartitions, List<Double> before) throws Exception {
        var replay = new ReplayCommand();
        new CommandLine(replay)
                .parseArgs(
                        "--events=" + events,
                        "--campaigns=" + ofCampaigns,
                        "--spacing=" + spacing,
                        "--partitions=" + ofPartitions,
                        "--runs=" + runs,
                        "--contenders=" + Contender.KAPPA_REPLAY);
        List<Measured> measured = replay.measure().getOrDefault(Contender.KAPPA_REPLAY, List.of());
        double micros = 1e3 / Report.median(measured, Measured::rate);
        before.add(micros);
        return "| %,d | %,d | %d | %.2f | %.2f | %,.0f |%n"
                .formatted(
                        replay.keys(),
                        events * spacing / AdEvents.WINDOW_MS,
                        ofPartitions,
                        micros,
                        micros / before.getFirst(),
                        Report.median(measured, Measured::outputs));
    }
}
