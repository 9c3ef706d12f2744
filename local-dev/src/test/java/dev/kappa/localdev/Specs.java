package dev.kappa.localdev;

import dev.kappa.topologies.authormood.AuthorMoodsSpec;
import dev.kappa.topologies.campaignviews.CampaignViewsSpec;
import dev.kappa.topologies.fraudalerts.FraudAlertsSpec;
import dev.kappa.topologies.hashtagtrends.HashtagTrendsSpec;
import dev.kappa.topologies.kit.ViewSpec;
import dev.kappa.topologies.sensoraverages.SensorAveragesSpec;
import dev.kappa.topologies.sequencealerts.SequenceAlertsSpec;
import dev.kappa.topologies.visitorsessions.VisitorSessionsSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What our views do, said in another way than by their topologies. */
final class Specs {

    static final List<ViewSpec> ALL = List.of(
            new AuthorMoodsSpec(),
            new CampaignViewsSpec(),
            new FraudAlertsSpec(),
            new HashtagTrendsSpec(),
            new SensorAveragesSpec(),
            new SequenceAlertsSpec(),
            new VisitorSessionsSpec());

    private Specs() {}

    /** Parameters of the views' first versions. */
    static Map<String, String> parameters() {
        var parameters = new HashMap<String, String>();
        ALL.forEach(spec -> spec.parameters()
                .forEach((name, value) -> parameters.put(spec.definition().name() + "." + name, value)));
        return parameters;
    }
}
