package dev.kappa.topologies.hashtagtrends;

import dev.kappa.topologies.kit.ViewProperties;

class HashtagTrendsPropertiesTest extends ViewProperties {
    HashtagTrendsPropertiesTest() {
        super(new HashtagTrendsSpec());
    }
}
