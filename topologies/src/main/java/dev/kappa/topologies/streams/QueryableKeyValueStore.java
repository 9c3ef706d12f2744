package dev.kappa.topologies.streams;

import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.query.PositionBound;
import org.apache.kafka.streams.query.Query;
import org.apache.kafka.streams.query.QueryConfig;
import org.apache.kafka.streams.query.QueryResult;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.internals.RocksDBTimestampedStore;

/**
 * Kafka Streams' key-value store, which may be asked while it is written to. Kafka Streams 4.4 takes the lock of the store and
 * that of its position in one order to write and in the other to answer, so that the stream thread and a query can wait for each
 * other for ever. Here both take the store's first.
 *
 * @see <a href="https://issues.apache.org/jira/browse/KAFKA-19629">KAFKA-19629: Deadlock in Kafka Streams when processing
 *     Interactive Queries and state store updates concurrently</a>
 */
public final class QueryableKeyValueStore extends RocksDBTimestampedStore {

    private QueryableKeyValueStore(String name, String metricsScope) {
        super(name, metricsScope);
    }

    @Override
    public synchronized <R> QueryResult<R> query(Query<R> query, PositionBound bound, QueryConfig config) {
        return super.query(query, bound, config);
    }

    public static KeyValueBytesStoreSupplier supplier(String name) {
        return new Supplier(name);
    }

    private record Supplier(String name) implements KeyValueBytesStoreSupplier {
        @Override
        public KeyValueStore<Bytes, byte[]> get() {
            return new QueryableKeyValueStore(name, metricsScope());
        }

        @Override
        public String metricsScope() {
            return "rocksdb";
        }
    }
}
