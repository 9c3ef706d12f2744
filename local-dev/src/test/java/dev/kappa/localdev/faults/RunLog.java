package dev.kappa.localdev.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** A file with a line of JSON for each run, so that a job that was stopped continues where it was. */
final class RunLog {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Optional<Path> file;
    private final Set<Long> seeds = new HashSet<>();

    RunLog(Optional<Path> file) throws IOException {
        this.file = file;
        if (file.isPresent() && Files.exists(file.get())) {
            for (String line : Files.readAllLines(file.get())) {
                seeds.add(JSON.readTree(line).path("seed").asLong());
            }
        }
    }

    /** Whether a run with this seed has ended. */
    boolean has(long seed) {
        return seeds.contains(seed);
    }

    void add(JsonNode run) throws IOException {
        if (file.isPresent()) {
            byte[] line = (run + System.lineSeparator()).getBytes(StandardCharsets.UTF_8);
            Files.write(file.get(), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }
}
