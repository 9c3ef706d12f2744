package dev.kappa.samples.campaignviews;

import dev.kappa.topologies.kit.ViewProperties;

class CampaignViewsPropertiesTest extends ViewProperties {
    CampaignViewsPropertiesTest() {
        super(new CampaignViewsSpec());
    }
}
