package dev.kappa.localdev.process;

import dev.kappa.reprocessing.command.CommandException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** Waits for a child process to answer. */
final class Wait {

    /** A busy machine needs minutes to start a broker or a registry. A process that ends is noticed at once. */
    static final Duration START_TIMEOUT = Duration.ofMinutes(5);

    private static final Duration PAUSE = Duration.ofMillis(50);

    private Wait() {}

    /**
     * Returns when the condition holds.
     *
     * @param awaited the process that is waited for
     * @param others processes that must not end meanwhile
     * @throws CommandException when one of the processes ends first, or the time is up
     */
    static void until(ChildProcess awaited, List<ChildProcess> others, Duration patience, Callable<Boolean> condition)
            throws InterruptedException {
        List<ChildProcess> processes =
                Stream.concat(Stream.of(awaited), others.stream()).toList();
        long deadline = System.nanoTime() + patience.toNanos();
        while (!holds(condition)) {
            for (ChildProcess process : processes) {
                if (!process.isAlive()) {
                    throw CommandException.refused(process.lastWords());
                }
            }
            if (System.nanoTime() > deadline) {
                throw CommandException.refused(awaited.name() + " does not answer after " + patience.toSeconds()
                        + " s. " + awaited.lastWords());
            }
            Thread.sleep(PAUSE);
        }
    }

    private static boolean holds(Callable<Boolean> condition) throws InterruptedException {
        try {
            return condition.call();
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception notYet) {
            return false;
        }
    }

    /** Whether a GET request is answered with 200. */
    static boolean answers(HttpClient http, URI address) throws InterruptedException {
        try {
            var request = HttpRequest.newBuilder(address)
                    .timeout(Duration.ofSeconds(2))
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 200;
        } catch (IOException notYet) {
            return false;
        }
    }
}
