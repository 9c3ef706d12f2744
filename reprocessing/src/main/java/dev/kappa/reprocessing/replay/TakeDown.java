package dev.kappa.reprocessing.replay;

import dev.kappa.avro.SchemaRegistry;
import dev.kappa.reprocessing.background.Backoff;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.CatalogWriter;
import dev.kappa.reprocessing.catalog.CrashPoint;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.Transition;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.TopicPositions;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.Fleet;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes versions down for good: what is to be deleted is a plan, a {@link Removal}, that can be shown before. Thread-safe. */
final class TakeDown {

    /** How long the fleet gets to stop a version. A thread that waits for a broker may need half of {@code max.poll.interval.ms}, 150 s. */
    private static final Duration FLEET_PATIENCE = Duration.ofMinutes(3);

    private static final Duration FIRST_WAIT = Duration.ofMillis(250);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);

    private static final Logger log = LoggerFactory.getLogger(TakeDown.class);

    private final ClusterNames names;
    private final SchemaRegistry registry;
    private final InstantSource clock;
    private final CatalogReader catalogs;
    private final CatalogWriter writer;
    private final Admin admin;
    private final Supplier<Fleet> fleets;

    /**
     * Takes nothing down yet.
     *
     * @param fleets makes a view of the instances that are alive
     */
    TakeDown(
            ClusterNames names,
            SchemaRegistry registry,
            InstantSource clock,
            CatalogReader catalogs,
            CatalogWriter writer,
            Admin admin,
            Supplier<Fleet> fleets) {
        this.names = names;
        this.registry = registry;
        this.clock = clock;
        this.catalogs = catalogs;
        this.writer = writer;
        this.admin = admin;
        this.fleets = fleets;
    }

    /**
     * The topics, groups and schemas that taking a version down deletes.
     *
     * @throws RefusedException for the active version, and when the version cannot be taken down that way
     */
    Removal plan(Catalog catalog, VersionId id, boolean abort, boolean output) {
        VersionChoice.versions(catalog, id.view());
        ViewVersion version = catalog.version(id)
                .filter(known -> known.phase() == (abort ? Phase.ABORTED : Phase.RETIRED))
                .orElseGet(() -> {
                    Transition transition = abort ? Transition.abort(id) : Transition.retire(id);
                    return transition
                            .apply(catalog, catalog.epoch() + 1, clock.instant())
                            .getFirst();
                });
        return Removal.of(version, names, output);
    }

    /**
     * Takes a version down for good: stops it everywhere, then deletes what the removal lists. Finishes what an earlier
     * call began.
     *
     * @param catalog what the decision is based on
     * @param abort whether it is a replay that is aborted, and not a version that was active
     */
    void carryOut(
            Catalog catalog,
            Removal removal,
            boolean abort,
            CatalogChange.Operator by,
            String command,
            Replays.Narrator narrator) {
        VersionId id = removal.version();
        Catalog after = catalog;
        ViewVersion version = catalog.version(id).orElseThrow();
        if (!version.phase().isOver()) {
            after = writer.change(
                    id.view(), catalog.epoch(), by, command, abort ? Transition.abort(id) : Transition.retire(id));
            narrator.say(id + " is " + after.version(id).orElseThrow().phase() + " since epoch " + after.epoch());
        }
        CrashPoint.TAKEN_DOWN.passed();
        version = after.version(id).orElseThrow();
        if (!version.removed()) {
            awaitStopped(after, id);
            narrator.say("Stopped on every instance, its local state deleted");
            CrashPoint.STOPPED_EVERYWHERE.passed();
            deleteGroup(removal.group());
            narrator.say("Deleted consumer group " + removal.group());
            CrashPoint.GROUP_DELETED.passed();
        }
        if (!version.removed() || (removal.output() && !version.outputRemoved())) {
            for (String topic : removal.topics()) {
                try {
                    TopicPositions.await(admin.deleteTopics(List.of(topic)).all());
                    narrator.say("Deleted topic " + topic);
                } catch (UnknownTopicOrPartitionException goneAlready) {
                    // An earlier call got this far, or the topic was never made.
                }
            }
            CrashPoint.TOPICS_DELETED.passed();
            long subjects = removal.subjects().stream().filter(registry::delete).count();
            narrator.say("Deleted " + subjects + " of " + removal.subjects().size()
                    + " subjects of the schema registry; the others did not exist");
            CrashPoint.SUBJECTS_DELETED.passed();
            // On whatever the view is like now: that this version is over does not change any more.
            writer.change(id.view(), catalogs.read().epoch(), by, command, Transition.removed(id, removal.output()));
        }
        CrashPoint.REMOVAL_RECORDED.passed();
    }

    /** Deletes the topics and the group of a version that has been removed, where there are any again. */
    void deleteLeftovers(VersionId id) {
        catalogs.read().version(id).filter(ViewVersion::removed).ifPresent(version -> {
            Removal removal = Removal.of(version, names, version.outputRemoved());
            for (String topic : removal.topics()) {
                try {
                    TopicPositions.await(admin.deleteTopics(List.of(topic)).all());
                    log.warn("Topic of a removed version was there again; deleted: topic={}", topic);
                } catch (UnknownTopicOrPartitionException asItShouldBe) {
                    // Nobody has made it again.
                }
            }
            deleteGroup(removal.group());
        });
    }

    private void awaitStopped(Catalog catalog, VersionId id) {
        try (Fleet fleet = fleets.get()) {
            fleet.alive();
            var running = new ArrayList<String>();
            awaitUntil(
                    () -> {
                        running.clear();
                        fleet.poll(Duration.ofMillis(100)).stream()
                                .filter(instance -> instance.getEpoch() < catalog.epoch()
                                        || Fleet.of(instance, id).isPresent())
                                .forEach(instance -> running.add(instance.getAdvertised()));
                        return running.isEmpty();
                    },
                    () -> id + " has not stopped on " + running + " yet");
        }
    }

    private void deleteGroup(String group) {
        var backoff = new Backoff(FIRST_WAIT, LONGEST_WAIT);
        awaitUntil(
                () -> {
                    try {
                        TopicPositions.await(
                                admin.deleteConsumerGroups(List.of(group)).all());
                        return true;
                    } catch (GroupIdNotFoundException goneAlready) {
                        return true;
                    } catch (GroupNotEmptyException | UnknownMemberIdException membersLeft) {
                        // An instance that died is a member until its session expires.
                        pause(backoff);
                        return false;
                    }
                },
                () -> "Consumer group " + group + " still has members");
    }

    private static void awaitUntil(BooleanSupplier condition, Supplier<String> still) {
        long begun = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - begun > FLEET_PATIENCE.toNanos()) {
                throw new RefusedException(still.get() + " after " + FLEET_PATIENCE.toSeconds()
                        + " s. Nothing more was deleted; repeat the command to continue.");
            }
        }
    }

    private static void pause(Backoff backoff) {
        try {
            backoff.pause();
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
