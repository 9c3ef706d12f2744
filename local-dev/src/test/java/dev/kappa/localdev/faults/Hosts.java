package dev.kappa.localdev.faults;

import dev.kappa.localdev.fixtures.FakeTime;
import dev.kappa.localdev.process.Host;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The hosts of a cluster. Where this process may create them (as root on Linux, with iproute2), each is a network namespace with an
 * address of its own on one bridge; elsewhere, and with {@code -Dkappa.network=proxies}, all are loopback. As root, each has a disk of limited size. The
 * clocks of some hosts can be set where libfaketime is installed; it makes programs slower. Each host is used by one thread at a time.
 */
final class Hosts implements Links, AutoCloseable {

    /** What hosts of this process are called; those of processes that have died are removed. */
    private static final String PREFIX = "kappa-";

    private static final String DISK = "faults-" + ProcessHandle.current().pid();
    private static final String BALLAST = "ballast";

    /** Slow, but faster than what a broker or an instance has to send. */
    private static final int SLOW_KILOBITS = 2_000;

    private final Path directory;
    private final Optional<Integer> network;
    private final Optional<Path> clockLibrary = FakeTime.library();
    private final Set<Integer> withClocks;
    private final List<Path> disks = new ArrayList<>();
    private final boolean hasDisks;

    /**
     * Creates hosts.
     *
     * @param directory for their disks
     * @param diskMegabytes size of each host's disk
     * @param withClocks numbers of the hosts whose clocks can be set
     */
    Hosts(Path directory, List<Integer> diskMegabytes, Set<Integer> withClocks)
            throws IOException, InterruptedException {
        this.directory = directory;
        this.withClocks = withClocks;
        removeThoseOfTheDead();
        this.network = network(diskMegabytes.size());
        boolean mounted = true;
        for (int host = 0; host < diskMegabytes.size(); host++) {
            Path disk = Files.createDirectories(directory.resolve("host-" + host));
            disks.add(disk);
            setClock(host, Duration.ZERO);
            mounted = mounted
                    && succeeds("mount", "-t", "tmpfs", "-o", "size=" + diskMegabytes.get(host) + "m", DISK, disk + "");
            // Logs stay when the disk is gone.
            Files.createSymbolicLink(
                    disk.resolve("logs"), Files.createDirectories(directory.resolve("logs-of-host-" + host)));
        }
        this.hasDisks = mounted;
    }

    /** Whether each has a namespace of its own. */
    boolean hasNetwork() {
        return network.isPresent();
    }

    /** Whether disks can be filled. */
    boolean hasDisks() {
        return hasDisks;
    }

    /** Whether there are clocks that can be set. */
    boolean hasClocks() {
        return clockLibrary.isPresent();
    }

    /** Whether the clock of a host can be set. */
    boolean hasClock(int number) {
        return hasClocks() && withClocks.contains(number);
    }

    /** Where a program of a host is started. */
    Host host(int number) {
        var entry = new ArrayList<String>();
        network.ifPresent(_ -> entry.addAll(List.of("nsenter", "--net=/run/netns/" + namespace(number))));
        clockLibrary
                .filter(_ -> hasClock(number))
                .ifPresent(library -> entry.addAll(FakeTime.entryWithClockFile(library, clock(number))));
        return new Host(address(number), entry);
    }

    /** What a host keeps. */
    Path disk(int number) {
        return disks.get(number);
    }

    private String address(int number) {
        return network.map(subnet -> "10.201." + subnet + "." + (number + 2)).orElse(Host.LOOPBACK.address());
    }

    private static String namespace(int number) {
        return PREFIX + ProcessHandle.current().pid() + "-" + number;
    }

    private String link(int number) {
        return "kv" + network.orElseThrow() + "-" + number;
    }

    private static String bridge(int subnet) {
        return "kb" + subnet;
    }

    @Override
    public void cutOff(int number) throws IOException, InterruptedException {
        run("ip", "link", "set", link(number), "nomaster");
    }

    @Override
    public void connect(int number) throws IOException, InterruptedException {
        run("ip", "link", "set", link(number), "master", bridge(network.orElseThrow()));
    }

    @Override
    public void dropSent(int number) throws IOException, InterruptedException {
        // The other hosts are believed to have a hardware address that nobody has.
        for (int other : othersThan(number)) {
            run(
                    "ip",
                    "-n",
                    namespace(number),
                    "neigh",
                    "replace",
                    address(other),
                    "lladdr",
                    "02:00:00:00:00:01",
                    "dev",
                    "eth0",
                    "nud",
                    "permanent");
        }
    }

    @Override
    public void restoreSent(int number) throws IOException, InterruptedException {
        for (int other : othersThan(number)) {
            run("ip", "-n", namespace(number), "neigh", "del", address(other), "dev", "eth0");
        }
    }

    private List<Integer> othersThan(int number) {
        return IntStream.range(0, disks.size())
                .filter(other -> other != number)
                .boxed()
                .toList();
    }

    @Override
    public void slowDown(int number) throws IOException, InterruptedException {
        String[] limit = {"root", "tbf", "rate", SLOW_KILOBITS + "kbit", "burst", "16kb", "latency", "400ms"};
        run(Stream.concat(
                        Stream.of("tc", "-n", namespace(number), "qdisc", "replace", "dev", "eth0"),
                        Arrays.stream(limit))
                .toArray(String[]::new));
    }

    @Override
    public void speedUp(int number) throws IOException, InterruptedException {
        run("tc", "-n", namespace(number), "qdisc", "del", "dev", "eth0", "root");
    }

    /** Fills the disk of a host to the last byte. */
    void fill(int number) throws IOException {
        var block = new byte[1 << 16];
        try (var ballast = Files.newOutputStream(disk(number).resolve(BALLAST))) {
            while (true) {
                ballast.write(block);
            }
        } catch (IOException full) {
            if (Files.getFileStore(disk(number)).getUsableSpace() > block.length) {
                throw full;
            }
        }
    }

    /** Ends what {@link #fill} did. */
    void free(int number) throws IOException {
        Files.delete(disk(number).resolve(BALLAST));
    }

    /** Sets the clocks of a host's programs, except the monotonic one, ahead of the true time or behind it. */
    void setClock(int number, Duration ahead) throws IOException {
        FakeTime.set(clock(number), ahead);
    }

    private Path clock(int number) {
        return directory.resolve("clock-" + number);
    }

    /** Creates a bridge and a namespace for each host; returns the number of its subnet, or nothing where that is not permitted. */
    private static Optional<Integer> network(int hosts) throws IOException, InterruptedException {
        if ("proxies".equals(System.getProperty("kappa.network"))) {
            return Optional.empty();
        }
        int subnet = ThreadLocalRandom.current().nextInt(1, 250);
        String bridge = bridge(subnet);
        if (!succeeds("ip", "link", "add", bridge, "type", "bridge")) {
            return Optional.empty();
        }
        run("ip", "addr", "add", "10.201." + subnet + ".1/24", "dev", bridge);
        run("ip", "link", "set", bridge, "up");
        for (int host = 0; host < hosts; host++) {
            String namespace = namespace(host);
            String link = "kv" + subnet + "-" + host;
            if (!succeeds("ip", "netns", "add", namespace)) {
                run("ip", "link", "del", bridge);
                return Optional.empty();
            }
            run("ip", "link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", namespace);
            run("ip", "link", "set", link, "master", bridge, "up");
            run("ip", "-n", namespace, "addr", "add", "10.201." + subnet + "." + (host + 2) + "/24", "dev", "eth0");
            run("ip", "-n", namespace, "link", "set", "eth0", "up");
            run("ip", "-n", namespace, "link", "set", "lo", "up");
        }
        return Optional.of(subnet);
    }

    /** A run that was killed has left its namespaces; their links go with them. */
    private static void removeThoseOfTheDead() throws IOException, InterruptedException {
        Path namespaces = Path.of("/run/netns");
        if (!Files.isDirectory(namespaces)) {
            return;
        }
        try (Stream<Path> all = Files.list(namespaces)) {
            for (Path namespace : all.toList()) {
                String[] parts = namespace.getFileName().toString().split("-", -1);
                if (parts.length == 3
                        && (parts[0] + "-").equals(PREFIX)
                        && ProcessHandle.of(Long.parseLong(parts[1])).isEmpty()) {
                    succeeds("ip", "netns", "del", namespace.getFileName().toString());
                }
            }
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output);
        }
    }

    private static boolean succeeds(String... command) throws InterruptedException {
        try {
            run(command);
            return true;
        } catch (IOException missingOrNotPermitted) {
            return false;
        }
    }

    /** Removes the hosts; nothing runs on them any more. */
    @Override
    public void close() {
        try {
            if (hasDisks) {
                for (Path disk : disks) {
                    succeeds("umount", "--lazy", disk.toString());
                }
            }
            if (network.isPresent()) {
                for (int host = 0; host < disks.size(); host++) {
                    succeeds("ip", "netns", "del", namespace(host));
                }
                succeeds("ip", "link", "del", bridge(network.get()));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
