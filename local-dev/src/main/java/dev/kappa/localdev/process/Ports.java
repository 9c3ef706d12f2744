package dev.kappa.localdev.process;

import dev.kappa.reprocessing.command.CommandException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** Ports on loopback. */
public final class Ports {

    private Ports() {}

    /** A port nobody uses now. */
    public static int free() {
        try (ServerSocket socket = open(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException("No free port on loopback", e);
        }
    }

    /**
     * The port asked for, or a free one when that is 0.
     *
     * @param what what it is for, in messages
     * @param option the option that chooses it
     * @throws CommandException when somebody else has it
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
