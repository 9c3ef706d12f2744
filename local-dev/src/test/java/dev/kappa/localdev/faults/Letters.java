package dev.kappa.localdev.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The dead letters of a view, and the records that they should be of. */
final class Letters {

    private final Map<String, Object> settings;
    private final String inputTopic;
    private final String view;

    Letters(Map<String, Object> settings, String inputTopic, String view) {
        this.settings = settings;
        this.inputTopic = inputTopic;
        this.view = view;
    }

    /** Each record of the input that is no event is once among the letters of a version, and nothing else is. */
    void assertOnceEach(String version) {
        var expected = new ArrayList<String>();
        scan(inputTopic, record -> {
            if (!FaultFeed.isEvent(record.value())) {
                expected.add(inputTopic + ":" + record.partition() + ":" + record.offset());
            }
        });
        var letters = new ArrayList<String>();
        scan(view + ".dlq", letter -> {
            if (header(letter, "kappa.version").equals(version)) {
                letters.add(header(letter, "kappa.origin.topic") + ":" + header(letter, "kappa.origin.partition") + ":"
                        + header(letter, "kappa.origin.offset"));
            }
        });
        assertThat(letters).as("dead letters of %s", version).containsExactlyInAnyOrderElementsOf(expected);
    }

    private static String header(ConsumerRecord<byte[], byte[]> letter, String name) {
        return new String(
                Objects.requireNonNull(letter.headers().lastHeader(name)).value(), StandardCharsets.UTF_8);
    }

    private void scan(String topic, Consumer<ConsumerRecord<byte[], byte[]>> found) {
        try (var consumer = new KafkaConsumer<>(
                Map.<String, Object>of(
                        "bootstrap.servers",
                        Objects.requireNonNull(settings.get("bootstrap.servers")),
                        "isolation.level",
                        "read_committed"),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                consumer.poll(Duration.ofMillis(100)).forEach(found);
            }
        }
    }
}
