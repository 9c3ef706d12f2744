package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kappa.events.Post;
import dev.kappa.events.Transaction;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * Bytes worked out by hand from Confluent's wire format and Avro's specification. A change here means that topics
 * written by earlier releases can no longer be read.
 */
class WireFormatTest {

    private static final String MAGIC_AND_ID_1 = "00" + "00000001";

    private final Map<String, Object> settings =
            Map.of(AvroSerdeConfig.CLIENT, new InMemorySchemaRegistry(), AvroSerdeConfig.SPECIFIC_READER, true);

    @Test
    void postIsWrittenAsTheFormatsSay() {
        var post = new Post("p1", null, "hé", List.of("a", "#B"), Instant.ofEpochMilli(1));
        String expected = MAGIC_AND_ID_1
                + "04" + "7031" // postId: length 2 (zigzag 4)
                + "00" // author: branch 0, null
                + "02" + "06" + "68c3a9" // text: branch 1, three bytes of UTF-8
                + "04" + "02" + "61" + "04" + "2342" + "00" // hashtags: block of two, end of blocks
                + "02"; // createdAt: 1 (zigzag 2)

        assertBothWays("posts", post, expected);
    }

    @Test
    void decimalIsItsUnscaledBytes() {
        var transaction = new Transaction(
                "t", "c", null, new BigDecimal("-12.34"), "EUR", 1.0, null, null, Instant.ofEpochMilli(0));
        String expected = MAGIC_AND_ID_1
                + "02" + "74" // transactionId
                + "02" + "63" // customer
                + "00" // merchant: null
                + "04" + "fb2e" // amount: -1234 in two's complement
                + "06" + "455552" // currency
                + "02" + "000000000000f03f" // latitude: 1.0, little endian
                + "00" // longitude: null
                + "00" // country: null
                + "00"; // at

        assertBothWays("transactions", transaction, expected);
    }

    private <T> void assertBothWays(String topic, T event, String hex) {
        try (var serde = new AvroSerde<T>()) {
            serde.configure(settings, false);

            byte[] bytes = serde.serializer().serialize(topic, event);
            assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(hex);

            T read = serde.deserializer().deserialize(topic, HexFormat.of().parseHex(hex));
            assertThat(read).isEqualTo(event);
        }
    }

    @Test
    void subjectsFollowTheTopicAndWhatIsWritten() {
        assertThat(WireFormat.subject("posts", false)).isEqualTo("posts-value");
        assertThat(WireFormat.subject("posts", true)).isEqualTo("posts-key");
    }

    @Test
    void schemaIdIsBigEndian() {
        byte[] bytes = HexFormat.of().parseHex("0001020304");
        assertThat(WireFormat.schemaId(bytes)).isEqualTo(0x01020304);
    }
}
