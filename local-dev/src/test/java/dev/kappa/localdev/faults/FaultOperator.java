package dev.kappa.localdev.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * An operator who replays hashtag-trends with other windows again and again, compares, switches, rolls back, aborts, limits and retires. The operator
 * repeats a command that fails, until it succeeds or its time is up. Some commands are killed while they are carried out, and then repeated, too.
 */
final class FaultOperator implements AutoCloseable {

    private static final String VIEW = "hashtag-trends";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> WINDOWS = List.of("PT1M", "PT5M", "PT10M", "PT30M");
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    /** One command of so many is killed. */
    private static final int COMMANDS_PER_KILL = 6;

    private final FaultCluster cluster;
    private final Random random;
    private final Map<Integer, String> windows = new ConcurrentHashMap<>();
    private final Queue<String> violations = new ConcurrentLinkedQueue<>();
    private final List<String> done = new ArrayList<>();
    private final Thread thread;
    private volatile boolean stopping;
    private int switches;
    private int killed;

    /**
     * Begins.
     *
     * @param window of version 1
     */
    FaultOperator(FaultCluster cluster, long seed, String window) {
        this.cluster = cluster;
        this.random = new Random(seed);
        windows.put(1, window);
        this.thread = Thread.ofPlatform().name("operator").start(this::operate);
    }

    /** Length of the windows of a version. */
    Duration windowOf(int version) {
        return Duration.parse(windows.getOrDefault(version, "PT0S"));
    }

    private void operate() {
        int next = 2;
        try {
            while (!stopping) {
                String window = WINDOWS.get(random.nextInt(WINDOWS.size()));
                // Known before the first answer comes from it.
                windows.put(next, window);
                command("replay", "start", VIEW, "--set", "window=" + window);
                if (random.nextInt(3) == 0) {
                    command("replay", "throttle", VIEW, "--max-rate", "200");
                    command("replay", "throttle", VIEW, "--max-rate", "unlimited");
                }
                if (random.nextInt(4) == 0) {
                    command("replay", "abort", VIEW, "--yes");
                } else {
                    command("replay", "watch", VIEW);
                    command("replay", "diff", VIEW);
                    command("replay", "switch", VIEW, "--version", String.valueOf(next));
                    switches++;
                    Thread.sleep(random.nextInt(1, 10) * 1000L);
                    if (random.nextBoolean()) {
                        command("replay", "rollback", VIEW);
                        switches++;
                    }
                    retireStandby();
                }
                next++;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException e) {
            violations.add("the operator cannot continue: " + e);
        }
    }

    private void retireStandby() throws InterruptedException, IOException {
        JsonNode status = JSON.readTree(command("replay", "status", VIEW, "--output", "json"));
        for (JsonNode version : status.path("versions")) {
            if (version.path("phase").asText().equals("STANDBY")) {
                command(
                        "replay",
                        "retire",
                        VIEW,
                        "--version",
                        version.path("version").asText(),
                        "--delete-output",
                        "--yes");
            }
        }
    }

    /** Gives a command until it is done; whatever was away comes back. */
    private String command(String... words) throws InterruptedException, IOException {
        String text = String.join(" ", words);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean isRepeated = random.nextInt(COMMANDS_PER_KILL) == 0;
        if (isRepeated) {
            cluster.runAndKill(Duration.ofMillis(random.nextInt(500, 4000)), words);
            killed++;
        }
        while (true) {
            FaultCluster.Outcome outcome = cluster.run(words);
            boolean isSame = outcome.err().contains("is the active version already")
                    || outcome.err().contains("rolled back from")
                    || outcome.err().contains("is RETIRED")
                    || outcome.err().contains("no replay under way")
                    || (isRepeated && outcome.err().contains("is under way"));
            if (outcome.exitCode() == 0 || isSame) {
                synchronized (done) {
                    done.add(text);
                }
                return outcome.out();
            }
            if (outcome.exitCode() == 2 || outcome.err().contains("\tat ")) {
                violations.add(text + ": exit code " + outcome.exitCode() + ", " + outcome.err());
                throw new IllegalStateException(text + " is wrong");
            }
            if (System.nanoTime() > deadline) {
                violations.add(text + " was not done within " + PATIENCE + ": exit code " + outcome.exitCode() + ", "
                        + outcome.err());
                throw new IllegalStateException(text + " is not done");
            }
            Thread.sleep(1000);
        }
    }

    /** Ends with what is under way, and returns what went wrong. */
    List<String> end() throws InterruptedException {
        stopping = true;
        thread.join();
        return List.copyOf(violations);
    }

    int switches() {
        return switches;
    }

    String report() {
        synchronized (done) {
            return done.size() + " operations, " + switches + " switches and rollbacks, " + killed + " commands killed";
        }
    }

    @Override
    public void close() {
        stopping = true;
        thread.interrupt();
    }
}
