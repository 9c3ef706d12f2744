package dev.kappa.app.http;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.config.MeterFilter;
import jakarta.inject.Singleton;

/**
 * Gives the metrics of stores one tag for the name of the store. Kafka Streams names it by the kind of the store, such as {@code
 * rocksdb.window.state.id}, and Prometheus accepts one set of tags for each metric: the stores of the second kind would have none.
 */
@Singleton
final class StoreMeterTags implements MeterFilter {

    private static final String SUFFIX = ".state.id";

    @Override
    public Meter.Id map(Meter.Id id) {
        if (!id.getName().startsWith("kafka.stream.")
                || id.getTags().stream().noneMatch(tag -> tag.getKey().endsWith(SUFFIX))) {
            return id;
        }
        return id.replaceTags(id.getTags().stream()
                .map(tag -> tag.getKey().endsWith(SUFFIX) ? Tag.of("store", tag.getValue()) : tag)
                .toList());
    }
}
