package dev.kappa.localdev;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Tells people, scripts and other commands where a running {@code kappa up} answers. */
final class Addresses {

    private Addresses() {}

    static void write(Path file, String app, String kafka, String registry) throws IOException {
        // Not by Properties.store, whose escaped colons are of no use to a shell.
        Files.write(
                file,
                List.of(
                        "# Addresses of a running kappa up; gone when it stops",
                        "app=" + app,
                        "kafka=" + kafka,
                        "registry=" + registry,
                        "pid=" + ProcessHandle.current().pid()));
    }

    static void print(
            PrintWriter out, String app, String kafka, String registry, Duration startup, boolean withSample) {
        out.printf(
                """

                Everything is up after %.1f s. Try:

                  curl %s/api/views
                  curl '%s/api/views/hashtag-trends/stores/counts/top?n=5'
                  curl '%s/api/views/fraud-alerts/stores/alerts/entries?limit=5'

                Ctrl-C stops all.%s

                """,
                startup.toMillis() / 1000.0,
                app,
                app,
                app,
                withSample ? "" : " Nothing is fed: load events with ./kappa load TOPIC FILE.");
        out.println("READY app=" + app + " kafka=" + kafka + " registry=" + registry);
        out.flush();
    }
}
