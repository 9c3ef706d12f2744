package dev.kappa.app.alignment;

import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.KafkaClientSupplier;

/** The Kafka clients of one version, whose main consumers hold back what must wait. */
public final class AlignedClients implements KafkaClientSupplier {

    private final Alignment alignment;
    private final Supplier<Set<AlignedInput>> inputs;
    private final Runnable news;
    private final CommittedOffsets committed = new CommittedOffsets();
    private final Set<AlignedConsumer> behind = ConcurrentHashMap.newKeySet();
    private volatile boolean replay;

    /**
     * Makes nothing yet.
     *
     * @param inputs makes the version's, for one consumer
     * @param news told on a stream thread when others should hear where partitions stand; must return at once
     */
    public AlignedClients(Alignment alignment, Supplier<Set<AlignedInput>> inputs, Runnable news) {
        this.alignment = alignment;
        this.inputs = inputs;
        this.news = news;
    }

    /** Whether what is read is a replay's history: then a partition that has ended holds nobody. */
    public void replay(boolean underWay) {
        replay = underWay;
    }

    /** Whether much is left to read. */
    public boolean isBehind() {
        return !behind.isEmpty();
    }

    /** What decides. */
    public Alignment alignment() {
        return alignment;
    }

    @Override
    public Admin getAdmin(Map<String, Object> config) {
        return Admin.create(config);
    }

    @Override
    public Producer<byte[], byte[]> getProducer(Map<String, Object> config) {
        return committed.watching(new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer()));
    }

    @Override
    public Consumer<byte[], byte[]> getConsumer(Map<String, Object> config) {
        return new AlignedConsumer(consumer(config), alignment, inputs.get(), committed, () -> replay, news, behind)
                .asConsumer();
    }

    @Override
    public Consumer<byte[], byte[]> getRestoreConsumer(Map<String, Object> config) {
        return consumer(config);
    }

    @Override
    public Consumer<byte[], byte[]> getGlobalConsumer(Map<String, Object> config) {
        return consumer(config);
    }

    private static Consumer<byte[], byte[]> consumer(Map<String, Object> config) {
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }
}
