package dev.kappa.localdev.process;

import dev.kappa.reprocessing.command.CommandException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;

/** Ports on loopback. */
public final class Ports {

    /**
     * Where free ports are looked for: below the range that operating systems give to outgoing connections, one of which
     * could take a port between its being found free and its being opened.
     */
    private static final int FIRST = 15_000;

    private static final int COUNT = 15_000;

    /** Where this process looks next, so that it finds no port twice; processes begin at different places. */
    private static final AtomicInteger NEXT =
            new AtomicInteger(ThreadLocalRandom.current().nextInt(COUNT));

    private Ports() {}

    /** A port nobody uses now. */
    public static int free() {
        for (int attempt = 0; attempt < COUNT; attempt++) {
            int port = FIRST + Math.floorMod(NEXT.getAndIncrement(), COUNT);
            try (ServerSocket socket = open(port)) {
                return socket.getLocalPort();
            } catch (IOException taken) {
                // The next may be free.
            }
        }
        throw CommandException.refused("There is no free port on loopback from " + FIRST + " on.");
    }

    /**
     * The port asked for, or a free one when that is 0.
     *
     * @param what what it is for, in messages
     * @param option the option that chooses it
     * @throws CommandException when another process has it
     */
    public static int claim(int port, String what, String option) {
        if (port == 0) {
            return free();
        }
        if (port < 0 || port > 65_535) {
            throw CommandException.usage(option + " takes a port between 0 and 65535; got " + port);
        }
        try (ServerSocket socket = open(port)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw CommandException.refused("Port " + port + " for " + what + " cannot be used (" + e.getMessage()
                    + "). Stop what uses it, or choose another with " + option + " (0 = any free).");
        }
    }

    private static ServerSocket open(int port) throws IOException {
        var socket = new ServerSocket();
        try {
            // A port in TIME_WAIT after the last run can be had again, as the servers themselves do.
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}
