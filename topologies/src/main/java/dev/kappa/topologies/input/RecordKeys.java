package dev.kappa.topologies.input;

import dev.kappa.avro.WireFormat;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.InputSettings;
import dev.kappa.topologies.InputSettings.Keying;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the record keys of an input as text. Kafka's own deserializer of text replaces bytes that are none, so that different
 * keys become one. Thread-safe.
 */
public final class RecordKeys implements Deserializer<String> {

    private static final char REPLACEMENT = '\uFFFD';
    private static final int FRAMED_BYTES = 5;
    private static final int MAX_UNKNOWN_IDS = 1_000;

    private final String topic;
    private final Keying keying;
    private final Optional<Deserializer<Object>> avro;
    private final Consumer<String> notText;
    private final boolean isTable;
    private final Set<Integer> unknownIds = ConcurrentHashMap.newKeySet();

    /**
     * Of one input.
     *
     * @param avro reads keys in Confluent's wire format, where a key may be in it
     * @param notText told of a key that is no text where there has to be one
     */
    public RecordKeys(Input<?> input, Optional<Deserializer<Object>> avro, Consumer<String> notText) {
        this.topic = input.topic();
        this.isTable = input.role() == Input.Role.TABLE;
        this.keying = input.settings().keying();
        this.avro = avro;
        this.notText = notText;
    }

    @Override
    public @Nullable String deserialize(String from, byte @Nullable [] data) {
        return deserialize(from, new RecordHeaders(), data);
    }

    /**
     * {@inheritDoc}
     *
     * @return null where there is no text and none is needed
     * @throws SerializationException when the input is keyed by its record keys and this one is no text
     */
    @Override
    public @Nullable String deserialize(String from, Headers headers, byte @Nullable [] data) {
        if (data == null) {
            return null;
        }
        if (keying == Keying.FIELD && !isTable) {
            // The event has its key itself.
            return null;
        }
        String text = new String(data, StandardCharsets.UTF_8);
        if ((text.indexOf(REPLACEMENT) < 0 || KeyBytes.text(data).isPresent())
                && !(isTable && isNoTextForSure(headers, data))) {
            return text;
        }
        return switch (keying) {
            case UNUSED -> text;
            case FIELD -> inAvro(headers, data);
            case RECORD -> {
                String what = data.length + " bytes, 0x" + hex(data);
                notText.accept(what);
                throw new SerializationException("The key of a record in topic " + topic + " is not UTF-8 text: " + what
                        + ". Key the input by its field: set " + InputSettings.parameterName(topic, "key") + "=field");
            }
        };
    }

    /**
     * Numbers and Avro may look like text, with bytes of zero. A tombstone has nothing to compare its key with, and would delete
     * nothing.
     */
    private static boolean isNoTextForSure(Headers headers, byte[] data) {
        for (byte one : data) {
            if (one == 0) {
                return true;
            }
        }
        return WireFormat.hasKeySchemaHeader(headers);
    }

    private @Nullable String inAvro(Headers headers, byte[] data) {
        boolean hasHeader = WireFormat.hasKeySchemaHeader(headers);
        if (!hasHeader && (data.length < FRAMED_BYTES || data[0] != 0)) {
            return null;
        }
        int id = hasHeader ? 0 : WireFormat.schemaId(data);
        if (!hasHeader && unknownIds.contains(id)) {
            return null;
        }
        try {
            return avro.map(deserializer -> deserializer.deserialize(topic, headers, data))
                    .filter(CharSequence.class::isInstance)
                    .map(Object::toString)
                    .orElse(null);
        } catch (SerializationException noAvro) {
            // Numbers of eight bytes all name the same few ids.
            if (!hasHeader && unknownIds.size() < MAX_UNKNOWN_IDS) {
                unknownIds.add(id);
            }
            return null;
        }
    }

    private static String hex(byte[] data) {
        var text = new StringBuilder();
        for (int i = 0; i < Math.min(data.length, 8); i++) {
            text.append("%02x".formatted(data[i]));
        }
        return data.length > 8 ? text + "…" : text.toString();
    }
}
