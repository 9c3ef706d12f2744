package dev.kappa.app.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micronaut.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QueryParametersTest {

    private static final List<HttpParameter> ALL = List.of(
            HttpParameter.LIMIT,
            HttpParameter.FROM,
            HttpParameter.MAX_STALENESS,
            HttpParameter.PARTIAL,
            HttpParameter.MIN_POSITION,
            HttpParameter.CURSOR);

    @Test
    void valuesAreReadByTheirTypes() {
        QueryParameters parameters = of(
                "limit=7&from=2026-01-01T00:00:00.5Z&maxStaleness=1500&partial=true&minPosition=a:0:5,a:1:7,a:0:3&cursor=x");
        assertThat(parameters.number(HttpParameter.LIMIT)).isEqualTo(7);
        assertThat(parameters.instant(HttpParameter.FROM)).hasValue(Instant.parse("2026-01-01T00:00:00.500Z"));
        assertThat(parameters.duration(HttpParameter.MAX_STALENESS)).hasValue(Duration.ofMillis(1500));
        assertThat(parameters.flag(HttpParameter.PARTIAL)).isTrue();
        assertThat(parameters.positions(HttpParameter.MIN_POSITION))
                .isEqualTo(Map.of(new TopicPartition("a", 0), 5L, new TopicPartition("a", 1), 7L));
        assertThat(parameters.text(HttpParameter.CURSOR)).hasValue("x");
    }

    @Test
    void absentParametersHaveTheirDefaults() {
        QueryParameters parameters = of("");
        assertThat(parameters.number(HttpParameter.LIMIT)).isEqualTo(100);
        assertThat(parameters.instant(HttpParameter.FROM)).isEmpty();
        assertThat(parameters.flag(HttpParameter.PARTIAL)).isFalse();
        assertThat(parameters.positions(HttpParameter.MIN_POSITION)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "limit=0, limit",
        "limit=1001, limit",
        "limit=x, limit",
        "from=soon, from",
        "maxStaleness=-1, maxStaleness",
        "maxStaleness=P200Y, maxStaleness",
        "partial=maybe, partial",
        "minPosition=a:b, minPosition",
        "colour=red, colour"
    })
    void wrongValueIsABadParameter(String query, String parameter) {
        assertThatThrownBy(() -> {
                    QueryParameters parameters = of(query);
                    parameters.number(HttpParameter.LIMIT);
                    parameters.instant(HttpParameter.FROM);
                    parameters.duration(HttpParameter.MAX_STALENESS);
                    parameters.flag(HttpParameter.PARTIAL);
                    parameters.positions(HttpParameter.MIN_POSITION);
                })
                .isInstanceOf(ProblemException.class)
                .hasMessageStartingWith("Parameter " + parameter + ":");
    }

    private static QueryParameters of(String query) {
        var request = HttpRequest.GET("/");
        for (String pair : query.isEmpty() ? new String[0] : query.split("&")) {
            int equals = pair.indexOf('=');
            request.getParameters().add(pair.substring(0, equals), pair.substring(equals + 1));
        }
        return QueryParameters.of(request, ALL);
    }
}
