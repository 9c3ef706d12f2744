package dev.kappa.reprocessing.catalog;

import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.topologies.input.InputProblem;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A change of one view's versions: from a catalog to the versions as they are afterwards. Pure: the same catalog gives
 * the same versions. Each is allowed from certain phases only and refuses all others.
 */
@FunctionalInterface
public interface Transition {

    /**
     * The versions that are different afterwards.
     *
     * @param catalog what is
     * @param epoch the catalog's epoch afterwards
     * @param now the time of the change
     * @throws RefusedException when the catalog does not allow it
     */
    List<ViewVersion> apply(Catalog catalog, long epoch, Instant now);

    /** The first version of a view that the catalog does not know: active at once. */
    static Transition first(String view, Blueprint blueprint, int outputPartitions) {
        return (catalog, epoch, now) -> {
            if (!catalog.versions(view).isEmpty()) {
                throw new RefusedException("View " + view + " has versions already");
            }
            var id = new VersionId(view, 1);
            return List.of(ViewVersion.planned(id, blueprint, Optional.empty(), outputPartitions, Optional.empty(), now)
                    .active(epoch, now));
        };
    }

    /**
     * A first version begins.
     *
     * @param start where it begins in each partition of its inputs
     */
    static Transition begins(VersionId id, ViewVersion.Origin start) {
        return (catalog, _, now) -> {
            ViewVersion version = version(catalog, id);
            if (version.origin().isPresent()) {
                throw new RefusedException(id + " has begun already");
            }
            return List.of(version.begun(start, now));
        };
    }

    /** A replay into a version that does not exist yet. */
    static Transition plan(ViewVersion planned) {
        return (catalog, _, _) -> {
            String view = planned.id().view();
            catalog.underWay(view).ifPresent(other -> {
                throw new RefusedException("A replay of " + view + " is under way: " + other.id() + " is "
                        + other.phase() + ". Switch to it, or abort it with kappa replay abort " + view + ".");
            });
            if (planned.id().number() != catalog.nextNumber(view)) {
                throw new RefusedException("The next version of " + view + " is " + catalog.nextNumber(view) + ", not "
                        + planned.id().number());
            }
            return List.of(planned);
        };
    }

    /** The output topic and start positions are there. */
    static Transition replaying(VersionId id) {
        return (catalog, _, now) ->
                List.of(require(catalog, id, "replayed", Phase.PLANNED).in(Phase.REPLAYING, now));
    }

    /** It has read what there was and keeps up. */
    static Transition caughtUp(VersionId id) {
        return (catalog, _, now) ->
                List.of(require(catalog, id, "caught up", Phase.REPLAYING).in(Phase.CAUGHT_UP, now));
    }

    /**
     * Instances have found something wrong with inputs of a version. A problem that is known already changes nothing, and its
     * first example stays.
     */
    static Transition found(VersionId id, List<ViewVersion.FoundProblem> problems) {
        return (catalog, _, now) -> {
            ViewVersion version = version(catalog, id);
            var all = new ArrayList<>(version.inputProblems());
            problems.stream()
                    .filter(problem -> !version.hasProblem(problem.topic(), problem.problem()))
                    .forEach(all::add);
            return List.of(version.found(all, now));
        };
    }

    /**
     * Records were deleted before a version had read them: a replay has failed, and a version that has been active is marked. A gap
     * that is known already changes nothing.
     */
    static Transition gaps(VersionId id, List<ViewVersion.Gap> found) {
        return (catalog, _, now) -> {
            ViewVersion version = version(catalog, id);
            var all = new ArrayList<>(version.gaps());
            found.stream()
                    .filter(gap -> !version.hasGap(gap.partition(), gap.to()))
                    .forEach(all::add);
            ViewVersion marked = version.withGaps(all, now);
            if (!version.phase().isUnderWay()) {
                return List.of(marked);
            }
            return List.of(marked.failed(
                    "Records were deleted before the replay had read them: "
                            + all.stream().map(ViewVersion.Gap::text).collect(Collectors.joining("; "))
                            + ". Start a replay from a later position, or with --allow-truncated",
                    now));
        };
    }

    /**
     * Results were lost because partitions were read too far apart: a replay has failed, and a version that has been active is marked.
     */
    static Transition lostResults(VersionId id) {
        return (catalog, epoch, now) -> {
            ViewVersion version = version(catalog, id);
            if (version.phase().isUnderWay()) {
                return List.of(version.failed(
                        "Some " + InputProblem.READ_TOO_FAR_APART.text()
                                + "; start the replay again with a lower kappa.alignment.max-skew or a longer retention",
                        now));
            }
            List<ViewVersion.FoundProblem> found = version.blueprint().inputs().stream()
                    .filter(input -> !input.table())
                    .map(input -> new ViewVersion.FoundProblem(
                            input.topic(), InputProblem.READ_TOO_FAR_APART, "found at " + now))
                    .toList();
            return found(id, found).apply(catalog, epoch, now);
        };
    }

    /** Instances where the version has failed start it again. */
    static Transition restarted(VersionId id) {
        return (catalog, _, now) -> {
            ViewVersion version = version(catalog, id);
            if (!version.phase().isRun()) {
                throw new RefusedException(id + " is " + version.phase() + ", which no instance runs");
            }
            return List.of(version.restarted(now));
        };
    }

    /**
     * An operator has said where a version continues.
     *
     * @param skipped records that it will not read
     * @param topicIds Kafka's ids of its input topics as they are now
     */
    static Transition repositioned(VersionId id, List<ViewVersion.Gap> skipped, Map<String, String> topicIds) {
        return (catalog, _, now) -> {
            ViewVersion version = require(catalog, id, "repositioned", Phase.ACTIVE, Phase.STANDBY);
            var all = new ArrayList<>(version.gaps());
            all.addAll(skipped);
            return List.of(version.withGaps(all, now).withTopicIds(topicIds, now));
        };
    }

    /**
     * Readers get another version from now on.
     *
     * @param force whether it may be one that is still replaying
     */
    static Transition switchTo(VersionId id, boolean force) {
        return (catalog, epoch, now) -> {
            ViewVersion next = version(catalog, id);
            if (next.phase() == Phase.ACTIVE) {
                throw new RefusedException(id + " is the active version already");
            }
            if (next.phase() == Phase.REPLAYING && !force) {
                throw new RefusedException(id + " is REPLAYING and has not caught up: readers would get older results."
                        + " Wait for it with kappa replay watch " + id.view()
                        + ", or switch anyway with --force.");
            }
            next = require(catalog, id, "switched to", Phase.CAUGHT_UP, Phase.STANDBY, Phase.REPLAYING)
                    .active(epoch, now);
            Optional<ViewVersion> before = catalog.active(id.view()).map(active -> active.in(Phase.STANDBY, now));
            ViewVersion after = next;
            return before.map(active -> List.of(active, after)).orElseGet(() -> List.of(after));
        };
    }

    /** A version that was active is taken down for good. */
    static Transition retire(VersionId id) {
        return (catalog, _, now) -> {
            refuseActive(version(catalog, id), "retired");
            return List.of(require(catalog, id, "retired", Phase.STANDBY).in(Phase.RETIRED, now));
        };
    }

    /** A replay is aborted. */
    static Transition abort(VersionId id) {
        return (catalog, _, now) -> {
            refuseActive(version(catalog, id), "aborted");
            return List.of(
                    require(catalog, id, "aborted", Phase.PLANNED, Phase.REPLAYING, Phase.CAUGHT_UP, Phase.FAILED)
                            .in(Phase.ABORTED, now));
        };
    }

    /** The topics, groups and schemas of a retired or aborted version have been deleted. */
    static Transition removed(VersionId id, boolean outputToo) {
        return (catalog, _, now) -> List.of(
                require(catalog, id, "removed", Phase.RETIRED, Phase.ABORTED).removed(outputToo, now));
    }

    /** A replay is to read no faster than this. */
    static Transition throttle(VersionId id, Optional<Long> maxRate) {
        return (catalog, _, now) ->
                List.of(require(catalog, id, "throttled", Phase.PLANNED, Phase.REPLAYING, Phase.CAUGHT_UP)
                        .throttled(maxRate, now));
    }

    private static ViewVersion version(Catalog catalog, VersionId id) {
        return catalog.version(id).orElseThrow(() -> unknown(catalog, id));
    }

    private static RefusedException unknown(Catalog catalog, VersionId id) {
        List<Integer> numbers = catalog.versions(id.view()).stream()
                .map(version -> version.id().number())
                .toList();
        return new RefusedException(
                numbers.isEmpty()
                        ? "There is no view " + id.view() + "; there are " + catalog.views()
                        : "View " + id.view() + " has no version " + id.number() + "; it has " + numbers);
    }

    private static void refuseActive(ViewVersion version, String done) {
        if (version.phase() == Phase.ACTIVE) {
            throw new RefusedException(version.id() + " is the active version: readers get its results. It can be "
                    + done + " only after a switch to another one.");
        }
    }

    private static ViewVersion require(Catalog catalog, VersionId id, String done, Phase first, Phase... others) {
        ViewVersion version = version(catalog, id);
        Set<Phase> legal = EnumSet.of(first, others);
        if (!legal.contains(version.phase())) {
            throw new RefusedException(
                    id + " is " + version.phase() + "; only a version that is " + legal + " can be " + done);
        }
        return version;
    }
}
