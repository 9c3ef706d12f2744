package dev.kappa.localdev.faults;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Makes faults, in an order that a seed decides, and notes for how long keys had no answer. */
final class FaultMaker {

    /** What faults of a kind have led to. */
    static final class Effect {
        /** How often it was made. */
        public int count;
        /** The longest time for which a key had no answer from the fault to a second after its end, in milliseconds. */
        public long longestGapMs;
        /** The longest time from the beginning of the fault until all replicas are in sync again, in milliseconds. */
        public long longestMs;
    }

    private final FaultCluster cluster;
    private final FaultReaders readers;
    private final long seed;
    private final List<Fault> faults;
    private final boolean onceEach;
    private final Map<String, Effect> happened = new TreeMap<>();

    /**
     * Makes nothing yet.
     *
     * @param faults the kinds to make
     * @param onceEach whether each kind of fault is made once, however long it takes
     */
    FaultMaker(FaultCluster cluster, FaultReaders readers, long seed, List<Fault> faults, boolean onceEach) {
        this.cluster = cluster;
        this.readers = readers;
        this.seed = seed;
        this.faults = faults;
        this.onceEach = onceEach;
    }

    /** Returns when the time is up and all faults are healed. */
    void makeFaults(FaultsIT.Mode mode, long end) throws Exception {
        switch (mode) {
            case NONE -> {
                while (System.nanoTime() < end) {
                    Thread.sleep(1000);
                }
            }
            case SINGLE -> makeFaults(faults, new Random(seed), end);
            case OVERLAPPING, EACH, SHORT -> {
                try (var lanes = Executors.newThreadPerTaskExecutor(
                        Thread.ofPlatform().name("faults-", 1).factory())) {
                    var running = new ArrayList<Future<?>>();
                    for (boolean ofBrokers : List.of(true, false)) {
                        List<Fault> ofLane = faults.stream()
                                .filter(fault -> fault.isOfBrokers() == ofBrokers)
                                .toList();
                        var random = new Random(seed + (ofBrokers ? 0 : 1));
                        running.add(lanes.submit(() -> {
                            makeFaults(ofLane, random, end);
                            return true;
                        }));
                    }
                    for (Future<?> lane : running) {
                        try {
                            lane.get();
                        } catch (ExecutionException e) {
                            throw new IllegalStateException("A fault could not be made or healed", e.getCause());
                        }
                    }
                }
            }
        }
    }

    /** One fault after the other, every kind at least once where there is time. */
    private void makeFaults(List<Fault> kinds, Random random, long end) throws Exception {
        var due = new ArrayList<Fault>();
        boolean isFirstRound = true;
        while (onceEach ? isFirstRound || !due.isEmpty() : System.nanoTime() < end) {
            if (due.isEmpty()) {
                due.addAll(kinds);
                Collections.shuffle(due, random);
                isFirstRound = false;
            }
            Thread.sleep(random.nextInt(1000, onceEach ? 2000 : 6000));
            Fault fault = due.removeLast();
            if (!fault.isPossible().test(cluster)) {
                System.out.println("FAULT " + fault.name() + " cannot be made on this machine");
                continue;
            }
            readers.longestGap();
            long begin = System.nanoTime();
            String what = fault.happening().happen(cluster, random);
            if (fault.isOfBrokers()) {
                cluster.awaitInSync();
            }
            long healed = System.nanoTime();
            Thread.sleep(1000);
            Duration gap = readers.longestGap();
            note(fault, Duration.ofNanos(healed - begin), gap);
            System.out.println(
                    "FAULT " + fault.name() + ": " + what + "; a key had no answer for " + gap.toMillis() + " ms");
        }
    }

    private synchronized void note(Fault fault, Duration length, Duration gap) {
        Effect effect = happened.computeIfAbsent(fault.name(), _ -> new Effect());
        effect.count++;
        effect.longestMs = Math.max(effect.longestMs, length.toMillis());
        effect.longestGapMs = Math.max(effect.longestGapMs, gap.toMillis());
    }

    /** What has happened, by the faults' names. */
    synchronized Map<String, Effect> happened() {
        return Map.copyOf(happened);
    }
}
