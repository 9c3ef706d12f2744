package dev.kappa.app.runtime;

import dev.kappa.avro.SchemaRegistryUnavailableException;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogLog;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps this instance's copy of the catalog up to date, on a thread of its own. Thread-safe. */
final class CatalogFollower implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CatalogFollower.class);
    private static final Duration POLL = Duration.ofSeconds(1);

    private final CatalogLog catalogLog;
    private final Consumer<Catalog> listener;
    private final Thread thread;
    private volatile boolean closing;
    private Catalog catalog;

    private CatalogFollower(CatalogLog catalogLog, Catalog catalog, Consumer<Catalog> listener) {
        this.catalogLog = catalogLog;
        this.catalog = catalog;
        this.listener = listener;
        this.thread = Thread.ofPlatform().name("kappa-catalog").unstarted(this::follow);
    }

    /**
     * Follows a catalog that has been read to its end.
     *
     * @param catalogLog where it is read from; closed with this
     * @param listener told of each change, on the following thread; must be fast
     */
    static CatalogFollower start(CatalogLog catalogLog, Catalog catalog, Consumer<Catalog> listener) {
        var follower = new CatalogFollower(catalogLog, catalog, listener);
        follower.thread.start();
        return follower;
    }

    /** The catalog as this instance knows it. */
    synchronized Catalog catalog() {
        return catalog;
    }

    /**
     * The catalog, once it is at an epoch at least, or as it is when the time is up.
     *
     * @param epoch what to wait for
     * @param timeout how long
     */
    synchronized Catalog await(long epoch, Duration timeout) throws InterruptedException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (catalog.epoch() < epoch && !closing) {
            long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
            if (left <= 0) {
                break;
            }
            wait(left);
        }
        return catalog;
    }

    private void follow() {
        boolean failing = false;
        while (!closing) {
            try {
                Catalog read = catalogLog.poll(POLL);
                failing = false;
                if (read.epoch() != catalog().epoch()
                        || !read.unreadable().equals(catalog().unreadable())) {
                    publish(read);
                }
            } catch (WakeupException | InterruptException stopping) {
                // Closing says so.
            } catch (RuntimeException e) {
                if (!failing) {
                    failing = true;
                    log.warn("Catalog cannot be read on; trying again: failure=\"{}\"", e.toString());
                }
                pauseUnlessUnavailable(e);
            }
        }
        catalogLog.close();
    }

    private static void pauseUnlessUnavailable(RuntimeException e) {
        if (e instanceof SchemaRegistryUnavailableException) {
            // Asking the registry has taken its time already.
            return;
        }
        try {
            Thread.sleep(POLL);
        } catch (InterruptedException stopping) {
            Thread.currentThread().interrupt();
        }
    }

    private void publish(Catalog read) {
        long before;
        synchronized (this) {
            before = catalog.epoch();
            catalog = read;
            notifyAll();
        }
        read.changes().stream()
                .filter(change -> change.epoch() > before)
                .forEach(change -> log.info(
                        "Catalog changed: epoch={} view={} by={} command=\"{}\" change=\"{}\"",
                        change.epoch(),
                        change.view(),
                        change.by(),
                        change.command(),
                        change.summary()));
        listener.accept(read);
    }

    @Override
    public void close() {
        closing = true;
        catalogLog.wakeup();
        Threads.join(thread);
    }
}
