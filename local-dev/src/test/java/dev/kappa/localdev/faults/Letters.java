package dev.kappa.localdev.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.topologies.kit.Topics;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Objects;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The dead letters of a view, and the records that they should be of. */
final class Letters {

    private final Topics topics;
    private final String inputTopic;
    private final String view;

    Letters(Topics topics, String inputTopic, String view) {
        this.topics = topics;
        this.inputTopic = inputTopic;
        this.view = view;
    }

    /** Each record of the input that is no event is once among the letters of a version, and nothing else is. */
    void assertOnceEach(String version) {
        var expected = new ArrayList<String>();
        topics.scan(inputTopic, record -> {
            if (!FaultFeed.isEvent(record.value())) {
                expected.add(inputTopic + ":" + record.partition() + ":" + record.offset());
            }
        });
        var letters = new ArrayList<String>();
        topics.scan(view + ".dlq", letter -> {
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
}
