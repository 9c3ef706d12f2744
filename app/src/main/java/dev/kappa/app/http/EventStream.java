package dev.kappa.app.http;

import dev.kappa.app.query.ConcurrencyLimit;
import io.micronaut.http.HttpRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.errors.InterruptException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Text that is made while it is sent, on a virtual thread of its own, no faster than the client takes it: nothing is made
 * before there is room for it. A client that takes nothing for long is dropped.
 */
final class EventStream implements Publisher<ByteBuf> {

    private static final Logger log = LoggerFactory.getLogger(EventStream.class);
    private static final Duration SLOWEST = Duration.ofSeconds(30);

    /** An event of the stream. */
    interface Source extends AutoCloseable {
        /** The next text; empty when there is none for now. */
        String next() throws InterruptedException;

        @Override
        void close();
    }

    /**
     * Takes a permit for a stream.
     *
     * @throws ProblemException when the instance has as many as it may have
     * @throws ConcurrencyLimit.ReachedException when the caller has
     */
    static ConcurrencyLimit.Permit permit(ConcurrencyLimit streams, HttpRequest<?> request) {
        try {
            return streams.acquire(RequestAuthorizer.shareOf(request));
        } catch (ConcurrencyLimit.ReachedException e) {
            if (e.isOfCaller()) {
                throw e;
            }
            // Another instance may have room.
            throw ProblemException.unavailable(String.valueOf(e.getMessage()));
        }
    }

    private final Source source;
    private final Runnable ended;

    /**
     * Begins when it is subscribed to.
     *
     * @param ended run once it has ended, however it did
     */
    EventStream(Source source, Runnable ended) {
        this.source = source;
        this.ended = ended;
    }

    @Override
    public void subscribe(Subscriber<? super ByteBuf> subscriber) {
        var sending = new Sending(subscriber);
        subscriber.onSubscribe(sending);
        sending.thread = Thread.ofVirtual().name("kappa-events").start(sending);
    }

    private final class Sending implements Subscription, Runnable {
        private final Subscriber<? super ByteBuf> subscriber;
        private final Semaphore demand = new Semaphore(0);
        private volatile boolean cancelled;
        private volatile @Nullable Thread thread;

        Sending(Subscriber<? super ByteBuf> subscriber) {
            this.subscriber = subscriber;
        }

        @Override
        public void request(long n) {
            // More than this at once means without bound, which is as much.
            demand.release((int) Math.min(n, 1024));
        }

        @Override
        public void cancel() {
            cancelled = true;
            Thread running = thread;
            if (running != null) {
                running.interrupt();
            }
        }

        @Override
        public void run() {
            try {
                while (!cancelled) {
                    String text = source.next();
                    if (text.isEmpty()) {
                        continue;
                    }
                    if (!demand.tryAcquire(SLOWEST.toMillis(), TimeUnit.MILLISECONDS)) {
                        log.info(
                                "Client of an event stream is too slow; the stream is closed: seconds={}",
                                SLOWEST.toSeconds());
                        subscriber.onError(new IllegalStateException("The client is too slow"));
                        return;
                    }
                    subscriber.onNext(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8)));
                }
            } catch (InterruptedException | InterruptException stopped) {
                subscriber.onComplete();
            } catch (RuntimeException e) {
                log.warn("Events cannot be sent; the stream is closed: failure=\"{}\"", e.toString());
                subscriber.onComplete();
            } finally {
                source.close();
                ended.run();
            }
        }
    }
}
