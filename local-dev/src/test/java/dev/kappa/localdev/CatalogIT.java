package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.reprocessing.catalog.Blueprint;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.CatalogLog;
import dev.kappa.reprocessing.catalog.CatalogWriter;
import dev.kappa.reprocessing.catalog.ConflictException;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.Transition;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.KafkaSettings;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.TopicCreator;
import dev.kappa.reprocessing.cluster.TopicSettings;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.Views;
import dev.kappa.topologies.input.InputProblem;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The catalog on a real broker and registry; each test under a prefix of its own. */
class CatalogIT {

    private static final int RACES = 100;
    private static final CatalogChange.Operator ANNE = new CatalogChange.Operator("anne", "laptop");
    private static final CatalogChange.Operator BERT = new CatalogChange.Operator("bert", "desktop");
    private static final Blueprint BLUEPRINT = Blueprint.of(Views.discover().getFirst(), Map.of());

    @TempDir
    static Path directory = Path.of("");

    private static Optional<LocalCluster> started = Optional.empty();

    @BeforeAll
    static void start() throws Exception {
        started = Optional.of(new LocalCluster(directory).startBrokerAndRegistry());
    }

    @AfterAll
    static void stop() {
        started.ifPresent(LocalCluster::close);
    }

    /** A catalog of its own. */
    private static final class Setting implements AutoCloseable {
        final KafkaSettings kafka = new KafkaSettings(started.orElseThrow().clientSettings());
        final SchemaRegistry registry = new HttpSchemaRegistry(AvroSerdeConfig.from(kafka.values()));
        final ClusterNames names;

        Setting(String prefix) throws Exception {
            this.names = new ClusterNames(prefix);
            try (Admin admin = kafka.admin()) {
                new TopicCreator(admin).create(names.catalogTopic(), 1, Optional.empty(), TopicSettings.compacted());
            }
        }

        CatalogWriter writer() {
            return new CatalogWriter(kafka, names, registry, InstantSource.system());
        }

        Catalog read() {
            try (var log = new CatalogLog(kafka, names, registry)) {
                return log.readToEnd();
            }
        }

        @Override
        public void close() {
            registry.close();
        }
    }

    private static Transition replay(Catalog catalog, String view) {
        return Transition.plan(ViewVersion.planned(
                new VersionId(view, catalog.nextNumber(view)),
                BLUEPRINT,
                Optional.empty(),
                1,
                Optional.empty(),
                Instant.now()));
    }

    /** An instance may find a problem of an input between an operator's plan and its start. */
    @Test
    void whatAnInstanceFindsDoesNotOvertakeADecision() throws Exception {
        try (var setting = new Setting("found.")) {
            CatalogWriter writer = setting.writer();
            Catalog planned = writer.change("trends", 0, ANNE, "first", Transition.first("trends", BLUEPRINT, 1));
            var problem = new ViewVersion.FoundProblem("posts", InputProblem.NO_KEY, "a record without a key");
            var v1 = new VersionId("trends", 1);
            writer.change(
                    "trends",
                    planned.epoch(),
                    ANNE,
                    CatalogChange.FOUND_PROBLEMS,
                    Transition.found(v1, List.of(problem)));

            Catalog after = writer.change("trends", planned.epoch(), ANNE, "start", replay(planned, "trends"));
            assertThat(after.version(v1).orElseThrow().inputProblems()).containsExactly(problem);
            assertThatThrownBy(() -> writer.change("trends", planned.epoch(), ANNE, "start", replay(after, "trends")))
                    .isInstanceOf(ConflictException.class);
        }
    }

    @Test
    void ofTwoOperatorsExactlyOneWinsEachTime() throws Exception {
        try (var setting = new Setting("race.");
                ExecutorService operators = Executors.newFixedThreadPool(2)) {
            CatalogWriter first = setting.writer();
            CatalogWriter second = setting.writer();
            Catalog catalog = first.change("trends", 0, ANNE, "first", Transition.first("trends", BLUEPRINT, 1));
            var conflicts = new ArrayList<ConflictException>();
            for (int race = 0; race < RACES; race++) {
                Catalog seen = catalog;
                // A replay is planned, and given up in the next race.
                Transition wanted = seen.underWay("trends")
                        .map(version -> Transition.abort(version.id()))
                        .orElseGet(() -> replay(seen, "trends"));
                var together = new CyclicBarrier(2);
                List<Future<Catalog>> outcomes = operators.invokeAll(List.<Callable<Catalog>>of(
                        () -> {
                            together.await();
                            return first.change("trends", seen.epoch(), ANNE, "by anne", wanted);
                        },
                        () -> {
                            together.await();
                            return second.change("trends", seen.epoch(), BERT, "by bert", wanted);
                        }));
                int winners = 0;
                for (Future<Catalog> outcome : outcomes) {
                    if (outcome.state() == Future.State.SUCCESS) {
                        winners++;
                    } else {
                        assertThat(outcome.exceptionNow()).isInstanceOf(ConflictException.class);
                        conflicts.add((ConflictException) outcome.exceptionNow());
                    }
                }
                assertThat(winners).as("race %s", race).isEqualTo(1);
                catalog = setting.read();
                assertThat(catalog.epoch()).isEqualTo(seen.epoch() + 1);
            }
            assertThat(conflicts)
                    .hasSize(RACES)
                    .allSatisfy(conflict -> assertThat(conflict.changes()).hasSize(1));
            assertThat(catalog.changes().stream().map(CatalogChange::epoch).toList())
                    .as("epochs without gaps")
                    .isEqualTo(java.util.stream.LongStream.rangeClosed(1, RACES + 1)
                            .boxed()
                            .toList());
            assertThat(catalog.changes())
                    .as("who did it")
                    .allSatisfy(change -> assertThat(change.command())
                            .isEqualTo(
                                    change.epoch() == 1
                                            ? "first"
                                            : "by " + change.by().name()));
        }
    }

    @Test
    void changesOfOtherViewsAreNoConflict() throws Exception {
        try (var setting = new Setting("views.")) {
            CatalogWriter writer = setting.writer();
            writer.change("trends", 0, ANNE, "first", Transition.first("trends", BLUEPRINT, 1));
            Catalog after = writer.change("alerts", 0, BERT, "first", Transition.first("alerts", BLUEPRINT, 1));
            assertThat(after.epoch()).isEqualTo(2);
            assertThat(after.active("trends")).isPresent();
            assertThat(after.active("alerts")).isPresent();
        }
    }

    @Test
    void recordsOfOthersStopNobodyAndAreSeen() throws Exception {
        try (var setting = new Setting("forged.");
                Producer<byte[], byte[]> vandal = setting.kafka.producer(Map.of())) {
            CatalogWriter writer = setting.writer();
            writer.change("trends", 0, ANNE, "first", Transition.first("trends", BLUEPRINT, 1));
            Catalog before = writer.change("alerts", 0, ANNE, "first", Transition.first("alerts", BLUEPRINT, 1));
            assertThat(before.breaks()).isEmpty();
            for (String key : List.of(
                    "trends@999999999999999999",
                    "trends@9999999999999999999",
                    "trends@1",
                    "trends@0",
                    "trends.v999999999",
                    "trends.v0",
                    "@",
                    "")) {
                for (byte[] value : List.of(new byte[0], new byte[] {1, 2, 3})) {
                    vandal.send(new ProducerRecord<>(
                                    setting.names.catalogTopic(), key.getBytes(StandardCharsets.UTF_8), value))
                            .get();
                }
            }

            Catalog after = setting.read();
            assertThat(after.epoch()).isEqualTo(2);
            assertThat(after.unreadable()).isEmpty();
            assertThat(after.breaks())
                    .hasSize(6)
                    .anySatisfy(text -> assertThat(text).contains("999999999999999999", "left alone"))
                    .anySatisfy(text -> assertThat(text).contains("epoch 1", "comes after"));
            Catalog changed = writer.change("trends", before.epoch(), ANNE, "x", replay(after, "trends"));
            assertThat(changed.epoch()).isEqualTo(3);
            assertThat(changed.underWay("trends").orElseThrow().id().number()).isEqualTo(2);
            assertThat(changed.breaks()).isEqualTo(after.breaks());
        }
    }

    @Test
    void recordThatCannotBeReadStopsItsViewOnly() throws Exception {
        try (var setting = new Setting("damage.");
                Producer<byte[], byte[]> vandal = setting.kafka.producer(Map.of())) {
            CatalogWriter writer = setting.writer();
            writer.change("trends", 0, ANNE, "first", Transition.first("trends", BLUEPRINT, 1));
            Catalog before = writer.change("alerts", 0, ANNE, "first", Transition.first("alerts", BLUEPRINT, 1));
            byte[] key = "trends.v1".getBytes(StandardCharsets.UTF_8);
            vandal.send(new ProducerRecord<>(setting.names.catalogTopic(), key, new byte[] {1, 2, 3}))
                    .get();

            Catalog after = setting.read();
            assertThat(after.unreadable()).containsOnlyKeys("trends");
            assertThat(after.unreadable().get("trends")).contains("trends.v1", "cannot be read");
            assertThatThrownBy(() -> writer.change("trends", before.epoch(), ANNE, "x", replay(before, "trends")))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("trends.v1");
            Catalog changed = writer.change("alerts", before.epoch(), ANNE, "x", replay(before, "alerts"));
            assertThat(changed.underWay("alerts").orElseThrow().phase()).isEqualTo(Phase.PLANNED);
        }
    }
}
