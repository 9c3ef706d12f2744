package dev.kappa.samples.visitorsessions;

import dev.kappa.topologies.kit.ViewProperties;

class VisitorSessionsPropertiesTest extends ViewProperties {
    VisitorSessionsPropertiesTest() {
        super(new VisitorSessionsSpec());
    }
}
