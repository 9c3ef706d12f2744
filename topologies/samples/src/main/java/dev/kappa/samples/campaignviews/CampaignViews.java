package dev.kappa.samples.campaignviews;

import com.google.auto.service.AutoService;
import dev.kappa.events.AdEvent;
import dev.kappa.events.Campaign;
import dev.kappa.results.CampaignCount;
import dev.kappa.results.WindowedKey;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Output;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import dev.kappa.topologies.Windows;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;

/**
 * The Yahoo streaming benchmark: events of type {@code view}, joined from advertisement to campaign, counted per campaign
 * and tumbling window of event time.
 *
 * <p>The campaign of an advertisement has no time of its own: it counts for events of any time, the one known last for
 * all that are processed from then on. Events of an advertisement without a campaign are left out. An event sent twice
 * counts twice; equal times and order within the grace period make no difference. An event is late when an earlier one of
 * its partition is dated at or past the end of its window plus grace.
 */
@AutoService(ViewDefinition.class)
public final class CampaignViews implements ViewDefinition {

    static final Parameter<Duration> WINDOW = Parameter.duration(
            "window", Duration.ofSeconds(10), Duration.ofMillis(1), "Length of the windows views are counted in");
    static final Parameter<Duration> GRACE = Parameter.grace(Duration.ofMinutes(10));
    static final Parameter<Duration> RETENTION = Parameter.retention();

    static final Input<AdEvent> AD_EVENTS =
            Input.stream("ad-events", AdEvent.class).only("eventType", "view");
    static final Input<Campaign> CAMPAIGNS =
            Input.table("campaigns", Campaign.class).joinedWith(AD_EVENTS);
    static final Store<String, CampaignCount> COUNTS = Store.windowed(
            "counts", DataType.TEXT, CampaignCount.class, Windows.tumbling(WINDOW, GRACE, RETENTION), "count");
    static final Output<WindowedKey, CampaignCount> OUTPUT =
            Output.of(DataType.of(WindowedKey.class), CampaignCount.class);

    @Override
    public String name() {
        return "campaign-views";
    }

    @Override
    public int revision() {
        return 2;
    }

    @Override
    public String description() {
        return "How often the advertisements of each campaign are seen, per window of time";
    }

    @Override
    public List<Parameter<?>> parameters() {
        return List.of(WINDOW, GRACE, RETENTION);
    }

    @Override
    public List<Input<?>> inputs() {
        return List.of(AD_EVENTS, CAMPAIGNS);
    }

    @Override
    public List<Store<?, ?>> stores() {
        return List.of(COUNTS);
    }

    @Override
    public Output<?, ?> output() {
        return OUTPUT;
    }

    @Override
    public void build(ViewTopology view) {
        KStream<String, Campaign> views = view.stream(AD_EVENTS)
                .join(view.table(CAMPAIGNS), (_, campaign) -> campaign, Joined.as("look-up-campaign"))
                .map((_, campaign) -> KeyValue.pair(campaign.getCampaignId(), campaign), Named.as("key-campaign"));
        view.output(
                view.windowed(COUNTS)
                        .rekeyed("by-campaign")
                        .aggregate(
                                views,
                                () -> new CampaignCount(0L),
                                (_, _, sum) -> new CampaignCount(sum.getCount() + 1),
                                (some, others) -> new CampaignCount(some.getCount() + others.getCount())),
                OUTPUT);
    }
}
