package dev.kappa.topologies.streams;

import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/**
 * Has what a processor holds back sent on before each commit, in the transaction that commits what it was made of: Kafka Streams
 * empties the caches of stores then, and takes this for one. It holds nothing when a commit is done, so it needs no changelog.
 */
final class CombiningBuffer implements StateStore, CachedStateStore<Object, Object> {

    private final String name;
    private Runnable flush = () -> {};
    private boolean open;

    CombiningBuffer(String name) {
        this.name = name;
    }

    /** Says what is to be done before a commit. */
    void beforeCommit(Runnable what) {
        flush = what;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void init(StateStoreContext context, StateStore root) {
        context.register(root, (_, _) -> {});
        open = true;
    }

    @Override
    public void flushCache() {
        flush.run();
    }

    @Override
    public void clearCache() {
        // A task that is closed without a commit takes what it has read up again.
        flush = () -> {};
    }

    @Override
    public boolean setFlushListener(CacheFlushListener<Object, Object> listener, boolean sendOldValues) {
        return false;
    }

    @Override
    public void commit(Map<TopicPartition, Long> changelogOffsets) {
        // Nothing is left by then.
    }

    @Override
    public void close() {
        open = false;
    }

    @Override
    public boolean persistent() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    /** Makes the buffer of each task. */
    record Builder(String name) implements StoreBuilder<CombiningBuffer> {

        @Override
        public CombiningBuffer build() {
            return new CombiningBuffer(name);
        }

        @Override
        public StoreBuilder<CombiningBuffer> withCachingEnabled() {
            return this;
        }

        @Override
        public StoreBuilder<CombiningBuffer> withCachingDisabled() {
            return this;
        }

        @Override
        public StoreBuilder<CombiningBuffer> withLoggingEnabled(Map<String, String> config) {
            return this;
        }

        @Override
        public StoreBuilder<CombiningBuffer> withLoggingDisabled() {
            return this;
        }

        @Override
        public Map<String, String> logConfig() {
            return Map.of();
        }

        @Override
        public boolean loggingEnabled() {
            return false;
        }
    }
}
