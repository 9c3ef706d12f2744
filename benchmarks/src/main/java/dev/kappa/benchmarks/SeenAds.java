package dev.kappa.benchmarks;

import dev.kappa.events.AdEvent;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Output;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Named;

/**
 * A view without state: each event that an advertisement of one kind was seen, without who saw it. No two have the same time, which
 * is in the key: all are there when the topic has been compacted.
 */
public final class SeenAds implements ViewDefinition {

    static final String NAME = "seen-ads";

    private static final String VIEW = "view";
    private static final String KIND = "banner";

    static final Input<AdEvent> AD_EVENTS =
            Input.stream(AdEvents.TOPIC, AdEvent.class).only("eventType", VIEW).only("adType", KIND);
    static final Output<String, AdEvent> OUTPUT = Output.of(DataType.TEXT, AdEvent.class);

    /** Whether the view has something of an event. */
    static boolean has(AdEvent event) {
        return event.getEventType().equals(VIEW) && event.getAdType().equals(KIND);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public int revision() {
        return 1;
    }

    @Override
    public String description() {
        return "Advertisements of one kind that were seen";
    }

    @Override
    public List<Parameter<?>> parameters() {
        return List.of();
    }

    @Override
    public List<Input<?>> inputs() {
        return List.of(AD_EVENTS);
    }

    @Override
    public List<Store<?, ?>> stores() {
        return List.of();
    }

    @Override
    public Output<?, ?> output() {
        return OUTPUT;
    }

    @Override
    public void build(ViewTopology view) {
        view.output(
                view.stream(AD_EVENTS)
                        .map(
                                (ad, event) -> KeyValue.pair(
                                        ad + "@" + event.getAt().toEpochMilli(),
                                        AdEvent.newBuilder(event).setUserId("").build()),
                                Named.as("leave-out-user")),
                OUTPUT);
    }
}
