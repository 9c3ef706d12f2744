package dev.kappa.app.instance;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The resources of an instance, closed in the reverse order in which they were taken. Thread-safe. */
final class ResourceStack implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ResourceStack.class);

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private boolean isClosed;

    /** Takes a resource over; closes it at once when the others are closed already. */
    <T extends AutoCloseable> T add(T resource) {
        synchronized (this) {
            if (!isClosed) {
                resources.push(resource);
                return resource;
            }
        }
        close(resource);
        return resource;
    }

    /** Closes everything. A resource that does not close cleanly does not keep the others from it. */
    @Override
    public void close() {
        while (true) {
            AutoCloseable next;
            synchronized (this) {
                isClosed = true;
                next = resources.poll();
            }
            if (next == null) {
                return;
            }
            close(next);
        }
    }

    private static void close(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            log.warn("Not closed cleanly: resource={}", resource.getClass().getSimpleName(), e);
        }
    }
}
