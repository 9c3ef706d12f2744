package dev.kappa.localdev;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /** Every arrow between packages of the app, with its reason. A new one is a decision: add it here, or find another cut. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            config    |                                            | settings are read before anything else exists
            alignment |                                            | decides from records and times alone, and is tested so
            topics    | config                                     | topics are created before versions run
            version   | alignment config topics                    | a version needs its clients and its topics; it knows no reader
            query     | version                                    | reads go to runners, wherever they are
            instance  | alignment config query topics version      | puts everything together; only HTTP sees it
            security  | config                                     | who calls does not depend on what runs
            http      | alignment config instance query security version | adapts requests; nothing depends on it
            """)
    void packagesOfTheAppDependOn(String from, @Nullable String allowed, String reason) {
        String[] to = Stream.concat(Stream.of(from), Stream.of((allowed == null ? "" : allowed).split(" ")))
                .filter(name -> !name.isEmpty())
                .map(name -> "dev.kappa.app." + name + "..")
                .toArray(String[]::new);
        noClasses()
                .that()
                .resideInAPackage("dev.kappa.app." + from + "..")
                .should()
                .dependOnClassesThat(resideInAPackage("dev.kappa.app..").and(not(resideInAnyPackage(to))))
                .because(reason)
                .check(CLASSES);
    }

    @Test
    void onePackageKnowsTheInternalsOfKafkaStreams() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.kappa.topologies.streams..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.kafka.streams..internals..")
                .because("they change with any version of Kafka, and only one place is looked at then")
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("dev.kappa.app.(*)..").should().beFreeOfCycles().check(CLASSES);
        slices().matching("dev.kappa.topologies.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
        slices().matching("dev.kappa.reprocessing.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
        slices().matching("dev.kappa.localdev.(*)..").should().beFreeOfCycles().check(CLASSES);
    }
}
