package dev.kappa.topologies;

import dev.kappa.topologies.kit.RevisionLock;

class RevisionLockTest extends RevisionLock {

    @Override
    protected String command() {
        return "mvn -pl avro-schemas,topologies test -Dtest=RevisionLockTest -Dsurefire.failIfNoSpecifiedTests=false";
    }
}
