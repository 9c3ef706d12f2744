package dev.kappa.localdev.process;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;

/**
 * Runs another class's {@code main} and ends the process when its standard input does, which is when the parent is gone,
 * however it went. Knows nothing but the JDK, so that it can run in front of any program.
 */
public final class Supervised {

    /** The others are going too, so nothing can be finished properly; what is lost is restored at the next start. */
    private static final long MILLIS_TO_STOP = 5_000;

    private Supervised() {}

    /**
     * Entry point of a child process.
     *
     * @param args name of the class to run, then its arguments
     */
    public static void main(String[] args) throws Throwable {
        InputStream parent = System.in;
        // The program must not read the line to the parent.
        System.setIn(InputStream.nullInputStream());
        Thread.ofPlatform().daemon().name("kappa-parent-watch").start(() -> watch(parent));
        try {
            Class.forName(args[0]).getMethod("main", String[].class).invoke(null, (Object)
                    Arrays.copyOfRange(args, 1, args.length));
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static void watch(InputStream parent) {
        try {
            parent.skip(Long.MAX_VALUE);
            while (parent.read() >= 0) {
                // Nobody writes; only the end matters.
            }
        } catch (IOException brokenPipe) {
            // As good as the end.
        }
        Thread.ofPlatform().daemon().name("kappa-last-resort").start(() -> {
            try {
                Thread.sleep(MILLIS_TO_STOP);
            } catch (InterruptedException stopNow) {
                // Then halt.
            }
            Runtime.getRuntime().halt(1);
        });
        System.exit(0);
    }
}
