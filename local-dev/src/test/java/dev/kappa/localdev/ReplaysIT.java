package dev.kappa.localdev;

import dev.kappa.localdev.fixtures.Specs;
import dev.kappa.topologies.kit.ReplayProperties;
import dev.kappa.topologies.kit.ViewSpec;
import net.jqwik.api.Tag;

/** All views on fleets of several shapes, replayed in several ways, and killed. */
@Tag("soak")
class ReplaysIT extends ReplayProperties {

    ReplaysIT() {
        super(Specs.ALL.toArray(ViewSpec[]::new));
    }
}
