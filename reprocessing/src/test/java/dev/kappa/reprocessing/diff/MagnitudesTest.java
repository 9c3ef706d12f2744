package dev.kappa.reprocessing.diff;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class MagnitudesTest {

    private final Magnitudes magnitudes = new Magnitudes();

    private void change(String before, String after) throws JsonProcessingException {
        var json = new ObjectMapper();
        magnitudes.add("n", json.readTree(before), json.readTree(after));
    }

    @Test
    void changesAreCountedByTheirShareOfTheOldValue() throws JsonProcessingException {
        change("100", "350");
        change("100", "200");
        change("100", "100.5");
        change("100", "99.5");
        change("\"10.00\"", "\"9.00\"");
        change("-4", "-8");
        change("10", "-10");
        change("0", "3");
        change("0", "-3");
        // Below -100 %, to -50, -10, -1, 0, 1, 10, 50, 100 %, and above.
        assertThat(magnitudes.counts()).containsEntry("n", List.of(2L, 1L, 0L, 1L, 1L, 1L, 0L, 0L, 1L, 2L));
    }

    @Test
    void onlyNumbersHaveAMagnitude() throws JsonProcessingException {
        change("\"a\"", "\"b\"");
        change("null", "1");
        change("{\"x\":1}", "{\"x\":2}");
        assertThat(magnitudes.counts()).isEmpty();
    }
}
