package dev.kappa.samples.authormood;

import dev.kappa.topologies.kit.ViewProperties;

class AuthorMoodsPropertiesTest extends ViewProperties {
    AuthorMoodsPropertiesTest() {
        super(new AuthorMoodsSpec());
    }
}
