package dev.kappa.reprocessing.diff;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DifferencesTest {

    private static Set<String> between(String before, String after, Map<String, BigDecimal> tolerances)
            throws JsonProcessingException {
        var json = new ObjectMapper();
        return new Differences(tolerances).between(json.readTree(before), json.readTree(after));
    }

    @Test
    void fieldsThatDifferAreNamed() throws JsonProcessingException {
        assertThat(between("{\"a\":1,\"b\":\"x\"}", "{\"a\":1,\"b\":\"x\"}", Map.of()))
                .isEmpty();
        assertThat(between("{\"a\":1,\"b\":\"x\"}", "{\"a\":2,\"b\":null}", Map.of()))
                .containsExactly("a", "b");
        assertThat(between("{\"a\":1}", "{\"a\":1,\"c\":3}", Map.of())).containsExactly("c");
        assertThat(between("{\"p\":{\"x\":1,\"y\":2}}", "{\"p\":{\"x\":1,\"y\":3}}", Map.of()))
                .containsExactly("p.y");
        assertThat(between("{\"l\":[1,2]}", "{\"l\":[2,1]}", Map.of())).containsExactly("l");
        assertThat(between("1", "2", Map.of())).containsExactly("(value)");
    }

    @Test
    void toleranceIsInclusiveAndOfItsFieldOnly() throws JsonProcessingException {
        Map<String, BigDecimal> tolerances = Map.of("m", new BigDecimal("0.5"));
        assertThat(between("{\"m\":1.0}", "{\"m\":1.5}", tolerances)).isEmpty();
        assertThat(between("{\"m\":1.0}", "{\"m\":1.51}", tolerances)).containsExactly("m");
        assertThat(between("{\"m\":\"1.00\"}", "{\"m\":\"1.40\"}", tolerances)).isEmpty();
        assertThat(between("{\"m\":null}", "{\"m\":0}", tolerances)).containsExactly("m");
        assertThat(between("{\"n\":1.0}", "{\"n\":1.1}", tolerances)).containsExactly("n");
    }
}
