package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.auto.service.AutoService;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.Phase;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.fleet.Fleet;
import dev.kappa.reprocessing.replay.Progress;
import dev.kappa.reprocessing.replay.Replays;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Shows the whole fleet: instances, views, and what is wrong. */
@Command(
        name = "status",
        description = "Shows the instances of the fleet, the views, and what is wrong with them.",
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class StatusCommand implements Subcommand {

    private static final String RUNNING = "RUNNING";

    @Spec
    CommandSpec spec = CommandSpec.create();

    /** The status, for programs and for people. */
    private record Status(ObjectNode json, TextTable instances, TextTable views, List<String> problems) {}

    /** The status, for programs. */
    static ObjectNode status(Session session) {
        return of(session).json();
    }

    private static Status of(Session session) {
        Replays replays = session.replays();
        Catalog catalog = replays.findCatalog().orElse(Catalog.EMPTY);
        List<InstanceReport> alive = List.of();
        if (!catalog.views().isEmpty()) {
            try (Fleet fleet = replays.fleet()) {
                alive = fleet.alive();
            }
        }
        var problems = new ArrayList<String>();
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("epoch", catalog.epoch());
        TextTable instances = instances(alive, catalog, json.putArray("instances"), problems);
        TextTable views = views(session, alive, catalog, json.putArray("views"), problems);
        catalog.breaks().forEach(text -> problems.add("Audit trail: " + text + "."));
        ArrayNode list = json.putArray("problems");
        problems.forEach(list::add);
        return new Status(json, instances, views, problems);
    }

    @Override
    public Integer call() {
        try (Session session = Session.open(spec)) {
            Status status = of(session);
            List<String> problems = status.problems();
            if (session.isStructured()) {
                session.print(status.json());
            } else {
                status.instances().print(session.out());
                session.say("");
                status.views().print(session.out());
                session.say("");
                problems.forEach(session::say);
                session.say(
                        problems.isEmpty()
                                ? "No problems."
                                : problems.size() + " problem" + (problems.size() == 1 ? "." : "s."));
            }
            return ExitCode.DONE;
        }
    }

    private static TextTable instances(
            List<InstanceReport> alive, Catalog catalog, ArrayNode json, List<String> problems) {
        var table = new TextTable("INSTANCE", "POOL", "EPOCH", "VERSIONS");
        if (alive.isEmpty()) {
            problems.add("No instance runs.");
        }
        for (InstanceReport instance : alive) {
            Map<String, Long> states = instance.getVersions().stream()
                    .collect(Collectors.groupingBy(VersionReport::getState, TreeMap::new, Collectors.counting()));
            String text = states.entrySet().stream()
                    .map(state -> state.getValue() + " " + state.getKey())
                    .collect(Collectors.joining(", "));
            table.row(
                    instance.getAdvertised(),
                    instance.getPool(),
                    String.valueOf(instance.getEpoch()),
                    text.isEmpty() ? "-" : text);
            ObjectNode entry = json.addObject()
                    .put("address", instance.getScheme() + "://" + instance.getAdvertised())
                    .put("pool", instance.getPool())
                    .put("epoch", instance.getEpoch())
                    .put("leaving", instance.getLeaving());
            ObjectNode counts = entry.putObject("versions");
            states.forEach(counts::put);
            if (instance.getEpoch() < catalog.epoch()) {
                problems.add("Instance " + instance.getAdvertised() + " has seen epoch " + instance.getEpoch()
                        + " of the catalog, not " + catalog.epoch() + ".");
            }
        }
        return table;
    }

    private static TextTable views(
            Session session, List<InstanceReport> alive, Catalog catalog, ArrayNode json, List<String> problems) {
        var table = new TextTable("VIEW", "VERSION", "PHASE", "LAG", "LATE", "EVENT TIME", "INSTANCES");
        for (String view : catalog.views()) {
            ObjectNode entry = json.addObject().put("view", view);
            Optional.ofNullable(catalog.unreadable().get(view))
                    .ifPresent(why -> problems.add("View " + view + ": " + why));
            ArrayNode versions = entry.putArray("versions");
            for (ViewVersion version : catalog.versions(view)) {
                if (version.phase().isRun()) {
                    Progress progress = session.replays().progress(version, alive);
                    List<String> running = Fleet.in(alive, version.id(), RUNNING);
                    long late = alive.stream()
                            .flatMap(report -> Fleet.of(report, version.id()).stream())
                            .mapToLong(VersionReport::getLate)
                            .sum();
                    table.row(
                            view,
                            "v" + version.id().number() + (version.phase() == Phase.ACTIVE ? " *" : ""),
                            version.phase().name(),
                            String.valueOf(progress.lag()),
                            String.valueOf(late),
                            ReplayStart.text(progress.eventTime()),
                            String.valueOf(running.size()));
                    ArrayNode names = versions.addObject()
                            .put("version", version.id().number())
                            .put("phase", version.phase().name())
                            .put("lag", progress.lag())
                            .put("late", late)
                            .put(
                                    "eventTime",
                                    progress.eventTime().map(Object::toString).orElse(null))
                            .putArray("instances");
                    running.forEach(names::add);
                    problems(version, running, alive, problems);
                } else if (version.phase() == Phase.FAILED) {
                    problems.add(
                            version.id() + " has FAILED: " + version.detail().orElse("no reason is known"));
                }
            }
        }
        return table;
    }

    private static void problems(
            ViewVersion version, List<String> running, List<InstanceReport> alive, List<String> problems) {
        if (running.isEmpty()) {
            problems.add(version.id() + " is " + version.phase() + ", and no instance runs it.");
        }
        for (InstanceReport instance : alive) {
            Fleet.of(instance, version.id())
                    .filter(report -> !report.getState().equals(RUNNING) && report.getDetail() != null)
                    .ifPresent(report -> problems.add(version.id() + " is " + report.getState() + " on "
                            + instance.getAdvertised() + ": " + report.getDetail()));
        }
        version.gaps()
                .forEach(gap ->
                        problems.add(version.id() + " is incomplete since " + gap.foundAt() + ": " + gap.text()));
        version.inputProblems()
                .forEach(found -> problems.add(version.id() + ", input " + found.topic() + ": "
                        + found.problem().text() + ". "
                        + found.problem().remedy(version.id().view(), found.topic())));
    }
}
