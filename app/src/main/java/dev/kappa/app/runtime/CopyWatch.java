package dev.kappa.app.runtime;

import java.time.Duration;
import java.util.Collection;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks every second how far the copies of stores on this instance have come. */
final class CopyWatch implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CopyWatch.class);
    private static final Duration TICK = Duration.ofSeconds(1);

    private final Supplier<? extends Collection<VersionRunner>> runners;
    private final Thread thread = Thread.ofPlatform().name("kappa-copies").unstarted(this::watch);
    private volatile boolean closing;

    CopyWatch(Supplier<? extends Collection<VersionRunner>> runners) {
        this.runners = runners;
    }

    void start() {
        thread.start();
    }

    private void watch() {
        while (!closing) {
            for (VersionRunner runner : runners.get()) {
                try {
                    runner.sampleCopies();
                } catch (InterruptException stopping) {
                    return;
                } catch (KafkaException | IllegalStateException e) {
                    // What was known stays known, and grows older.
                    log.debug("Copies cannot be looked at: failure=\"{}\"", e.toString());
                }
            }
            try {
                Thread.sleep(TICK);
            } catch (InterruptedException stopping) {
                return;
            }
        }
    }

    @Override
    public void close() {
        closing = true;
        Threads.stop(thread);
    }
}
