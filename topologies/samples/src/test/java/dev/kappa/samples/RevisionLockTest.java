package dev.kappa.samples;

import dev.kappa.topologies.kit.RevisionLock;
import java.nio.file.Path;
import java.util.List;

class RevisionLockTest extends RevisionLock {

    @Override
    protected String command() {
        return "mvn -pl avro-schemas,topologies,topologies/samples test -Dtest=RevisionLockTest -Dsurefire.failIfNoSpecifiedTests=false";
    }

    @Override
    protected List<Path> shared() {
        return List.of(Path.of("../target/classes"));
    }
}
