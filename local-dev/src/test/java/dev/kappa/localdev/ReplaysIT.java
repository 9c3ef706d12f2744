package dev.kappa.localdev;

import dev.kappa.topologies.kit.ReplayProperties;
import dev.kappa.topologies.kit.ViewSpec;

/** All views on fleets of several shapes, replayed in several ways, and killed. */
class ReplaysIT extends ReplayProperties {

    ReplaysIT() {
        super(Specs.ALL.toArray(ViewSpec[]::new));
    }
}
