package dev.kappa.localdev;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that ask a fleet all the time, each time another instance, as behind a load balancer. */
final class FleetLoad implements AutoCloseable {

    private static final int CLIENTS = 6;

    private final List<URI> instances;
    private final List<String> queries;
    private final HttpClient http = HttpClient.newHttpClient();
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicLong answers = new AtomicLong();
    private final AtomicLong stale = new AtomicLong();
    private final AtomicLong stalest = new AtomicLong();
    private final AtomicLong slowest = new AtomicLong();
    private final AtomicLong longestGap = new AtomicLong();
    private final Map<String, Long> failingSince = new ConcurrentHashMap<>();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean stopping;

    FleetLoad(List<URI> instances, List<String> queries, int perSecond) {
        this.instances = new CopyOnWriteArrayList<>(instances);
        this.queries = queries;
        for (int i = 0; i < CLIENTS; i++) {
            var random = new Random(i);
            threads.add(Thread.ofPlatform().name("load-" + i).start(() -> ask(random, perSecond / CLIENTS)));
        }
    }

    private void ask(Random random, int perSecond) {
        long nextAt = System.nanoTime();
        while (!stopping) {
            List<URI> available = List.copyOf(instances);
            String query = queries.get(random.nextInt(queries.size()));
            String address = available.get(random.nextInt(available.size())) + query;
            long begun = System.nanoTime();
            try {
                HttpResponse<String> answer = http.send(
                        HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() == 200) {
                    succeeded(query, begun, answer);
                } else {
                    failed(query, begun, address + ": " + answer.statusCode() + " " + answer.body());
                }
                nextAt += 1_000_000_000L / perSecond;
                long wait = nextAt - System.nanoTime();
                if (wait > 0) {
                    Thread.sleep(Duration.ofNanos(wait));
                }
            } catch (IOException e) {
                // What was on its way when an instance went is the client's to send again; a balancer does.
                if (instances.contains(URI.create(address.substring(0, address.length() - query.length())))) {
                    failed(query, begun, address + ": " + e);
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void succeeded(String query, long begun, HttpResponse<String> answer) {
        long now = System.nanoTime();
        answers.incrementAndGet();
        slowest.accumulateAndGet(now - begun, Math::max);
        long staleness = answer.headers().firstValueAsLong("Kappa-Staleness-Ms").orElse(0);
        if (staleness > 0) {
            stale.incrementAndGet();
            stalest.accumulateAndGet(staleness, Math::max);
        }
        Long since = failingSince.remove(query);
        if (since != null) {
            longestGap.accumulateAndGet(now - since, Math::max);
        }
    }

    private void failed(String query, long at, String what) {
        failures.add(what);
        failingSince.putIfAbsent(query, at);
    }

    /** Asks an instance no more. */
    void leaveOut(URI instance) {
        instances.remove(instance);
    }

    void putBack(URI instance) {
        instances.add(instance);
    }

    /** Waits for so many more answers. */
    void awaitAnswers(int more) {
        long enough = answers.get() + more;
        await().atMost(Duration.ofMinutes(2)).until(() -> answers.get() >= enough);
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    String report() {
        return "%d answers, %d failed, longest time a key had no answer %d ms, %d from standbys, at most %d ms old, slowest %d ms"
                .formatted(
                        answers.get(),
                        failures.size(),
                        longestGap.get() / 1_000_000,
                        stale.get(),
                        stalest.get(),
                        slowest.get() / 1_000_000);
    }

    @Override
    public void close() {
        stopping = true;
        threads.forEach(Thread::interrupt);
        http.close();
    }
}
