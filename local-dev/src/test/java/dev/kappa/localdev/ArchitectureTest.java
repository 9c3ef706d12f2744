package dev.kappa.localdev;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Dependencies point one way: avro-schemas, topologies, reprocessing, app, local-dev. */
class ArchitectureTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            // The kit for testing definitions is no part of them.
            .withImportOption(location -> !location.contains("-tests.jar"))
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.kappa");

    private static final String[] AVRO_SCHEMAS = {"dev.kappa.avro..", "dev.kappa.events..", "dev.kappa.results.."};

    @Test
    void avroSchemasKnowNothingOfOurs() {
        noClasses()
                .that()
                .resideInAnyPackage(AVRO_SCHEMAS)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.kappa.topologies..", "dev.kappa.reprocessing..", "dev.kappa.app..", "dev.kappa.localdev..")
                .because("users read our topics with this module alone")
                .check(CLASSES);
    }

    @Test
    void topologiesArePure() {
        noClasses()
                .that()
                .resideInAPackage("dev.kappa.topologies..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.kappa.reprocessing..",
                        "dev.kappa.app..",
                        "dev.kappa.localdev..",
                        "io.micronaut..",
                        "org.apache.kafka.clients.admin..",
                        "org.apache.kafka.clients.producer..",
                        "java.net..",
                        "java.io..",
                        "java.nio.file..")
                .because("a definition must give the same result whenever and wherever its input is replayed")
                .check(CLASSES);
    }

    @Test
    void topologiesSeeNoClockAndNoChance() {
        noClasses()
                .that()
                .resideInAPackage("dev.kappa.topologies..")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.Random")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.time.Clock")
                .because("a replay would give other results than the live run")
                .check(CLASSES);
    }

    @Test
    void reprocessingDoesNotKnowTheService() {
        noClasses()
                .that()
                .resideInAPackage("dev.kappa.reprocessing..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.kappa.app..", "dev.kappa.localdev..", "io.micronaut..")
                .because("the command has to work without a running service")
                .check(CLASSES);
    }

    @Test
    void onlyLocalDevDependsOnTheApp() {
        noClasses()
                .that()
                .resideOutsideOfPackages("dev.kappa.app..", "dev.kappa.localdev..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.kappa.app..")
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.kappa.app.(*)..").should().beFreeOfCycles().check(CLASSES);
        slices().matching("dev.kappa.localdev.(*)..").should().beFreeOfCycles().check(CLASSES);
    }
}
