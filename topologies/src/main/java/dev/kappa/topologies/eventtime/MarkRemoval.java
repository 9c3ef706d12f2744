package dev.kappa.topologies.eventtime;

import dev.kappa.avro.WireFormat;
import dev.kappa.topologies.Input;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;

/** Removes, before a view's output, the headers that its own operators use: they are not for readers. */
public final class MarkRemoval<K, V> extends ContextualFixedKeyProcessor<K, V, V> {

    private final PromptCommits commits;

    public MarkRemoval(PromptCommits commits) {
        this.commits = commits;
    }

    @Override
    public void process(FixedKeyRecord<K, V> record) {
        commits.worked(context());
        Lateness.unmark(record.headers());
        record.headers().remove(Input.FOR_VERSION);
        record.headers().remove(EventTime.WINDOW_HEADER);
        // They name the schemas of the input.
        WireFormat.removeSchemaHeaders(record.headers());
        context().forward(record);
    }
}
