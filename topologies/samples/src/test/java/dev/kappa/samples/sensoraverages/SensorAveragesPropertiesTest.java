package dev.kappa.samples.sensoraverages;

import dev.kappa.topologies.kit.ViewProperties;

class SensorAveragesPropertiesTest extends ViewProperties {
    SensorAveragesPropertiesTest() {
        super(new SensorAveragesSpec());
    }
}
