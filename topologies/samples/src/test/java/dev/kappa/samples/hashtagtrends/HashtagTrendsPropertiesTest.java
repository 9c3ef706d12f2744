package dev.kappa.samples.hashtagtrends;

import dev.kappa.topologies.kit.ViewProperties;

class HashtagTrendsPropertiesTest extends ViewProperties {
    HashtagTrendsPropertiesTest() {
        super(new HashtagTrendsSpec());
    }
}
