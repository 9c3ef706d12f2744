package dev.kappa.localdev;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tells people, scripts and other commands where a running {@code kappa up} answers.
 *
 * @param app the app's address; absent when none was started
 * @param kafka the broker's
 * @param registry the registry's
 */
record Addresses(Optional<String> app, String kafka, String registry) {

    void write(Path file) throws IOException {
        // Not by Properties.store, whose escaped colons are of no use to a shell.
        var lines = new ArrayList<>(List.of("# Addresses of a running kappa up; gone when it stops"));
        lines.addAll(all());
        lines.add("pid=" + ProcessHandle.current().pid());
        Files.write(file, lines);
    }

    void print(PrintWriter out, Duration startup, boolean withSample) {
        out.printf("%nEverything is up after %.1f s.", startup.toMillis() / 1000.0);
        app.ifPresent(address -> out.printf("""
                 Open the console:

                  %s/
                """, address));
        if (withSample) {
            app.ifPresent(address -> out.printf("""

                Or ask from a terminal:

                  curl '%s/api/v1/views/hashtag-trends/stores/counts/top?limit=5'
                  curl '%s/api/v1/views/fraud-alerts/stores/alerts/entries?limit=5'
                """, address, address));
        }
        if (app.isEmpty()) {
            out.printf("""
                 Start instances of the app with

                  ./kappa run --port 8080 --state-dir DIR --bootstrap-server %s --schema-registry %s
                """, kafka, registry);
        }
        out.printf("""

                Ctrl-C stops all.%s

                """, withSample ? "" : " There are no sample events: load events with kappa load TOPIC FILE.");
        out.println("READY " + String.join(" ", all()));
        out.flush();
    }

    private List<String> all() {
        var all = new ArrayList<String>();
        app.ifPresent(address -> all.add("app=" + address));
        all.add("kafka=" + kafka);
        all.add("registry=" + registry);
        return all;
    }
}
