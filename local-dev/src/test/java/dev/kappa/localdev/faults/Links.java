package dev.kappa.localdev.faults;

import java.io.IOException;

/** What can happen to the network of hosts. Each host has one such fault at a time. */
interface Links {

    /** What is sent to a host is lost, and so is what it sends, as far as the kind of network permits. */
    void cutOff(int host) throws IOException, InterruptedException;

    /** Ends a {@linkplain #cutOff cut}. */
    void connect(int host) throws IOException, InterruptedException;

    /** What a host sends is lost; what others send to it arrives. */
    void dropSent(int host) throws IOException, InterruptedException;

    /** Ends a {@linkplain #dropSent loss}. */
    void restoreSent(int host) throws IOException, InterruptedException;

    /** What a host sends takes long to arrive. */
    void slowDown(int host) throws IOException, InterruptedException;

    /** Ends what {@link #slowDown} did. */
    void speedUp(int host) throws IOException, InterruptedException;
}
