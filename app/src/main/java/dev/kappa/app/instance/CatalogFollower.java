package dev.kappa.app.instance;

import dev.kappa.reprocessing.background.BackgroundLoop;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogLog;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps this instance's copy of the catalog up to date, on a thread of its own. Thread-safe. */
public final class CatalogFollower implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CatalogFollower.class);
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final BackgroundLoop.Messages MESSAGES =
            new BackgroundLoop.Messages("Catalog cannot be read; trying again", "Catalog is read again");

    private final CatalogLog catalogLog;
    private final Consumer<Catalog> listener;
    private final BackgroundLoop loop;
    private Catalog catalog;
    private boolean isClosed;

    /**
     * Follows a catalog that has been read to its end, from {@link #start} on.
     *
     * @param catalogLog where it is read from; closed with this
     * @param listener receives each change, on the following thread; must be fast
     */
    CatalogFollower(CatalogLog catalogLog, Catalog catalog, Consumer<Catalog> listener) {
        this.catalogLog = catalogLog;
        this.catalog = catalog;
        this.listener = listener;
        this.loop = new BackgroundLoop("kappa-catalog", Duration.ZERO, MESSAGES, _ -> follow(), catalogLog::close);
    }

    void start() {
        report(catalog(), Catalog.EMPTY);
        loop.start();
    }

    BackgroundLoop loop() {
        return loop;
    }

    /** The catalog as this instance knows it. */
    synchronized Catalog catalog() {
        return catalog;
    }

    /**
     * The catalog once it has reached an epoch, or as it is when the time is up.
     *
     * @throws InterruptException when the calling thread is interrupted
     */
    synchronized Catalog await(long epoch, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (catalog.epoch() < epoch && !isClosed) {
            long left = Duration.ofNanos(deadline - System.nanoTime()).toMillis();
            if (left <= 0) {
                break;
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
        return catalog;
    }

    private void follow() {
        Catalog read = catalogLog.poll(POLL);
        Catalog known = catalog();
        // Not only its epoch: where a first version begins is recorded without a change.
        if (!read.equals(known)) {
            takeOver(read, known);
        }
    }

    private void takeOver(Catalog read, Catalog known) {
        synchronized (this) {
            catalog = read;
            notifyAll();
        }
        read.changesAfter(known.epoch())
                .forEach(change -> log.info(
                        "Catalog changed: epoch={} view={} by={} command=\"{}\" change=\"{}\"",
                        change.epoch(),
                        change.view(),
                        change.by(),
                        change.command(),
                        change.summary()));
        report(read, known);
        listener.accept(read);
    }

    private static void report(Catalog read, Catalog known) {
        read.unreadable().forEach((view, reason) -> {
            if (!reason.equals(known.unreadable().get(view))) {
                log.error("View cannot be read from the catalog: view={} reason=\"{}\"", view, reason);
            }
        });
        read.breaks().stream()
                .filter(text -> !known.breaks().contains(text))
                .forEach(text -> log.error("Audit trail is broken: reason=\"{}\"", text));
    }

    @Override
    public void close() {
        loop.close();
        synchronized (this) {
            isClosed = true;
            notifyAll();
        }
    }
}
