package dev.kappa.localdev;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A client of a view's changes that loses its connection all the time, and goes on with whichever instance it finds. */
final class Listening implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A field of the value by key and window, as the changes have it. */
    final Map<String, Long> state = new ConcurrentHashMap<>();

    final Queue<String> switches = new ConcurrentLinkedQueue<>();
    final Queue<String> faults = new ConcurrentLinkedQueue<>();
    final AtomicLong changes = new AtomicLong();
    final AtomicLong connections = new AtomicLong();

    private final Supplier<List<URI>> addresses;
    private final String field;
    private final int mostPerConnection;
    private final Random random = new Random(5);
    private final HttpClient http = HttpClient.newHttpClient();
    private final Thread thread;
    private volatile boolean stopping;
    private @Nullable String last;

    /**
     * Begins with all results there are.
     *
     * @param addresses of a view's changes, one for each instance
     * @param field of the values, a number that never becomes less
     * @param mostPerConnection events after which a connection is dropped at the latest
     */
    Listening(Supplier<List<URI>> addresses, String field, int mostPerConnection) {
        this.addresses = addresses;
        this.field = field;
        this.mostPerConnection = mostPerConnection;
        this.thread = Thread.ofPlatform().name("listening").start(this::listen);
    }

    private void listen() {
        while (!stopping) {
            List<URI> now = addresses.get();
            URI address = now.get(random.nextInt(now.size()));
            var request = HttpRequest.newBuilder(URI.create(address + (last == null ? "?snapshot=true" : "")));
            request.header("Accept", "text/event-stream");
            if (last != null) {
                request.header("Last-Event-ID", last);
            }
            try {
                HttpResponse<java.io.InputStream> answer =
                        http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
                try (var lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
                    if (answer.statusCode() == 200) {
                        connections.incrementAndGet();
                        take(lines, 1 + random.nextInt(mostPerConnection));
                    } else if (answer.statusCode() != 503) {
                        faults.add(answer.statusCode() + " " + lines.readLine());
                    }
                }
            } catch (IOException instanceAway) {
                // Goes on with another, or the same when it is back.
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void take(BufferedReader lines, int most) throws IOException {
        String event = "";
        String data = "";
        String id = "";
        int taken = 0;
        for (String line = lines.readLine(); line != null && taken < most && !stopping; line = lines.readLine()) {
            if (line.startsWith("id: ")) {
                id = line.substring(4);
            } else if (line.startsWith("event: ")) {
                event = line.substring(7);
            } else if (line.startsWith("data: ")) {
                data = line.substring(6);
            } else if (line.isEmpty()) {
                if (!data.isEmpty()) {
                    handle(event, JSON.readTree(data));
                    taken++;
                }
                // What comes after this has not been taken: it has to come again.
                last = id.isEmpty() ? last : id;
                event = "";
                data = "";
            }
        }
    }

    private void handle(String event, JsonNode data) {
        if (event.equals("switch")) {
            switches.add(
                    "v" + data.path("from").asInt() + " -> v" + data.path("to").asInt());
            state.clear();
            return;
        }
        changes.incrementAndGet();
        String key = data.path("key").asText() + "@" + data.path("start").asText() + "/"
                + data.path("end").asText();
        if (data.path("value").isNull()) {
            state.remove(key);
            return;
        }
        long count = data.path("value").path(field).asLong();
        Long before = state.put(key, count);
        if (before != null && before > count) {
            faults.add(key + " went back from " + before + " to " + count);
        }
    }

    @Override
    public void close() throws IOException {
        stopping = true;
        thread.interrupt();
        http.shutdownNow();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
