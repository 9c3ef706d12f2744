package dev.kappa.samples.fraudalerts;

import dev.kappa.topologies.kit.ViewProperties;

class FraudAlertsPropertiesTest extends ViewProperties {
    FraudAlertsPropertiesTest() {
        super(new FraudAlertsSpec());
    }
}
