package dev.kappa.samples.sequencealerts;

import dev.kappa.topologies.kit.ViewProperties;

class SequenceAlertsPropertiesTest extends ViewProperties {
    SequenceAlertsPropertiesTest() {
        super(new SequenceAlertsSpec());
    }
}
