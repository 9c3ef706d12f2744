package dev.kappa.samples.campaignviews;

import dev.kappa.events.AdEvent;
import dev.kappa.events.Campaign;
import dev.kappa.results.CampaignCount;
import dev.kappa.results.WindowedKey;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.kit.History;
import dev.kappa.topologies.kit.ViewSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** What campaign-views does, by plain loops. */
public final class CampaignViewsSpec implements ViewSpec {

    @Override
    public ViewDefinition definition() {
        return new CampaignViews();
    }

    @Override
    public Map<String, String> parameters() {
        return Map.of("window", "PT10S", "grace", "PT5S");
    }

    @Override
    public Duration open() {
        return Duration.ofSeconds(15);
    }

    @Override
    public Sent event(int key, int dice, Instant at) {
        String ad = "ad-" + key;
        if (dice % 20 == 0) {
            return Sent.of(CampaignViews.CAMPAIGNS, new Campaign(ad, "campaign-" + key % 3));
        }
        String type = List.of("view", "view", "click", "purchase").get(dice % 4);
        return Sent.of(CampaignViews.AD_EVENTS, new AdEvent("user", "page", ad, "banner", type, at));
    }

    @Override
    public Map<Object, Object> expected(History history, Map<String, String> parameters) {
        long window = Duration.parse(parameters.getOrDefault("window", "PT10S")).toMillis();
        long grace = Duration.parse(parameters.getOrDefault("grace", "PT10M")).toMillis();
        Map<String, String> campaigns = new HashMap<>();
        history.arrived(CampaignViews.CAMPAIGNS)
                .forEach(arrived -> campaigns.put(
                        arrived.key(), Objects.requireNonNull(arrived.value()).getCampaignId()));
        var expected = new HashMap<Object, Object>();
        for (History.Arrived<AdEvent> arrived : history.arrived(CampaignViews.AD_EVENTS)) {
            String campaign = campaigns.get(arrived.key());
            long start = arrived.at() / window * window;
            if (campaign == null
                    || !Objects.requireNonNull(arrived.value()).getEventType().equals("view")
                    || arrived.isTooLateFor(start + window + grace)) {
                continue;
            }
            var key = new WindowedKey(campaign, Instant.ofEpochMilli(start), Instant.ofEpochMilli(start + window));
            CampaignCount before = (CampaignCount) expected.get(key);
            expected.put(key, new CampaignCount(before == null ? 1L : before.getCount() + 1));
        }
        return expected;
    }
}
