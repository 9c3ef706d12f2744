package dev.kappa.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The processor time and memory of a process, as Linux reports them.
 *
 * @param cpu processor time, of all its threads
 * @param peakBytes most memory it had at a time
 * @see <a href="https://man7.org/linux/man-pages/man5/proc.5.html">proc(5)</a>
 */
record ProcessUsage(Duration cpu, long peakBytes) {

    private static final int TICKS_PER_SECOND = 100;
    private static final int UTIME = 11;
    private static final int STIME = 12;

    /** The usage since an earlier measurement. */
    ProcessUsage since(ProcessUsage before) {
        return new ProcessUsage(cpu.minus(before.cpu), peakBytes);
    }

    /** Of a process that is running. */
    static ProcessUsage of(long pid) throws IOException {
        Path proc = Path.of("/proc", String.valueOf(pid));
        String stat = Files.readString(proc.resolve("stat"));
        // The name, which stands in parentheses, may have spaces.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        long ticks = Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME]);
        long peak = status(pid, "VmHWM:") << 10;
        return new ProcessUsage(Duration.ofMillis(ticks * 1000 / TICKS_PER_SECOND), peak);
    }

    /** A number of the process' status, in KiB where it is a size; zero without it. */
    static long status(long pid, String name) throws IOException {
        return Files.readAllLines(Path.of("/proc", String.valueOf(pid), "status")).stream()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findAny()
                .orElse(0);
    }
}
