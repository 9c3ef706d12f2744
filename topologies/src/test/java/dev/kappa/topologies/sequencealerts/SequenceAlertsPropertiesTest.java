package dev.kappa.topologies.sequencealerts;

import dev.kappa.topologies.kit.ViewProperties;

class SequenceAlertsPropertiesTest extends ViewProperties {
    SequenceAlertsPropertiesTest() {
        super(new SequenceAlertsSpec());
    }
}
