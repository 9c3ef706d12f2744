package dev.kappa.localdev.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.kappa.avro.EventSchema;
import dev.kappa.events.Post;
import dev.kappa.events.Transaction;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.junit.jupiter.api.Test;

class RowMapperTest {

    private static final Map<String, String> TRANSACTION =
            Map.of("transactionId", "t", "customer", "ann", "amount", "12.3", "at", "2026-01-01T00:00:00Z");

    @Test
    void columnsGoToTheFieldsOfTheSameNameAndDefaultsFillTheRest() throws BadRowException {
        RowMapper.Event event = mapper(Transaction.getClassSchema()).map(row(TRANSACTION));
        assertThat(event.key()).isEqualTo("ann");
        assertThat(event.value().get("amount")).isEqualTo(new BigDecimal("12.30"));
        assertThat(event.value().get("at")).isEqualTo(Instant.parse("2026-01-01T00:00:00Z"));
        assertThat(event.value().get("currency")).hasToString("USD");
        assertThat(event.value().get("merchant")).isNull();
    }

    @Test
    void emptyTextIsNoValueWhereThereIsAnotherWay() throws BadRowException {
        GenericRecord event = mapper(Transaction.getClassSchema())
                .map(row(with(TRANSACTION, "latitude", "", "currency", "")))
                .value();
        assertThat(event.get("latitude")).isNull();
        assertThat(event.get("currency")).hasToString("USD");
    }

    @Test
    void mappedSetAndSplitFields() throws BadRowException {
        var mapper = new RowMapper(
                EventSchema.of(Post.getClassSchema()),
                Map.of("postId", "id"),
                Map.of("author", "ann"),
                Map.of("hashtags", " "),
                TimeFormat.of("epoch-seconds"));
        GenericRecord event = mapper.map(row(Map.of("id", "7", "hashtags", "a  B", "createdAt", "60")))
                .value();
        assertThat(event.get("postId")).hasToString("7");
        assertThat(event.get("author")).hasToString("ann");
        assertThat(event.get("hashtags")).isEqualTo(List.of("a", "B"));
        assertThat(event.get("createdAt")).isEqualTo(Instant.ofEpochSecond(60));
    }

    @Test
    void badRowsAreNamedByFieldAndReason() {
        assertBad(with(TRANSACTION, "customer", ""), "customer", "empty");
        assertBad(with(TRANSACTION, "amount", ""), "amount", "required");
        assertBad(with(TRANSACTION, "amount", "12.345"), "amount", "2 decimals");
        assertBad(with(TRANSACTION, "amount", "1e40"), "amount", "14 digits");
        assertBad(with(TRANSACTION, "amount", "abc"), "amount", "abc");
        assertBad(with(TRANSACTION, "at", "yesterday"), "at", "yesterday");
        assertBad(with(TRANSACTION, "latitude", "north"), "latitude", "north");
        assertBad(with(TRANSACTION, "merchant", "a" + RowReader.NOT_UTF8), "merchant", "UTF-8");
    }

    @Test
    void fieldsThatNothingFillsAreKnownBeforeTheFirstRow() {
        assertThat(mapper(Transaction.getClassSchema()).unfilled(List.of("transactionId", "at")))
                .containsExactly("customer", "amount");
    }

    @Test
    void timesAreReadInTheGivenFormat() {
        Instant expected = Instant.parse("2026-01-02T03:04:05Z");
        assertThat(TimeFormat.standard().parse("2026-01-02T04:04:05+01:00")).isEqualTo(expected);
        assertThat(TimeFormat.standard().parse(String.valueOf(expected.toEpochMilli())))
                .isEqualTo(expected);
        assertThat(TimeFormat.of("dd.MM.yyyy HH:mm:ss").parse("02.01.2026 03:04:05"))
                .isEqualTo(expected);
        assertThat(TimeFormat.of("yyyy-MM-dd").parse("2026-01-02")).isEqualTo(Instant.parse("2026-01-02T00:00:00Z"));
        assertThatThrownBy(() -> TimeFormat.of("no pattern {")).isInstanceOf(IllegalArgumentException.class);
    }

    private static void assertBad(Map<String, String> row, String field, String reason) {
        assertThatThrownBy(() -> mapper(Transaction.getClassSchema()).map(row(row)))
                .isInstanceOf(BadRowException.class)
                .hasMessageStartingWith(field + ":")
                .hasMessageContaining(reason);
    }

    private static RowMapper mapper(Schema schema) {
        return new RowMapper(EventSchema.of(schema), Map.of(), Map.of(), Map.of(), TimeFormat.standard());
    }

    private static Map<String, String> with(Map<String, String> row, String... more) {
        var changed = new HashMap<>(row);
        for (int i = 0; i < more.length; i += 2) {
            changed.put(more[i], more[i + 1]);
        }
        return changed;
    }

    private static Row row(Map<String, String> values) {
        var nodes = new HashMap<String, JsonNode>();
        values.forEach((column, value) -> nodes.put(column, TextNode.valueOf(value)));
        return new Row(2, nodes);
    }
}
