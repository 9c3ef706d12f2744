package dev.kappa.app.http;

import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes of answers that are in memory because their clients have not taken them yet. Clients that ask for much and read slowly could
 * otherwise use up the heap. Thread-safe.
 */
@Singleton
final class UnsentAnswers {

    private static final long LEAST = 64L << 20;

    private final long limit;
    private final AtomicLong bytes = new AtomicLong();
    private final Map<String, Long> byClient = new ConcurrentHashMap<>();

    UnsentAnswers() {
        this(Math.max(LEAST, Runtime.getRuntime().maxMemory() / 8));
    }

    /**
     * A bound.
     *
     * @param limit bytes in all; those of one client may be half of them
     */
    UnsentAnswers(long limit) {
        this.limit = limit;
    }

    /**
     * Takes note of bytes that are to be sent.
     *
     * @param client who takes them: a caller that is known, or an address
     */
    void begun(String client, long count) {
        bytes.addAndGet(count);
        byClient.merge(client, count, Long::sum);
    }

    /** Takes note of bytes that were sent, or will not be. */
    void ended(String client, long count) {
        bytes.addAndGet(-count);
        byClient.computeIfPresent(client, (_, waiting) -> waiting == count ? null : Long.valueOf(waiting - count));
    }

    /**
     * Returns if there is room for another answer.
     *
     * @throws ProblemException if not
     */
    void check(String client) {
        if (byClient.getOrDefault(client, 0L) > limit / 2) {
            throw ProblemException.tooMany("Too many answers to " + client + " wait to be read; read them first");
        }
        if (bytes.get() > limit) {
            throw ProblemException.unavailable(
                    "Too many answers of this instance wait to be read; use another instance");
        }
    }
}
