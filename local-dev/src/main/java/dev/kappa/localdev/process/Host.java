package dev.kappa.localdev.process;

import java.util.List;

/**
 * Where a program runs.
 *
 * @param address the address that it listens on
 * @param entry a command that is put in front of the program's, such as one that enters a network namespace; empty: none
 */
public record Host(String address, List<String> entry) {

    public static final Host LOOPBACK = new Host("127.0.0.1", List.of());

    public Host {
        entry = List.copyOf(entry);
    }
}
