package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.instance.CurrentInstance;
import dev.kappa.app.query.ConcurrencyLimit;
import dev.kappa.app.security.Caller;
import dev.kappa.app.security.Role;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.CatalogChange;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.diff.OutputDiff;
import dev.kappa.reprocessing.replay.Removal;
import dev.kappa.reprocessing.replay.ReplayJson;
import dev.kappa.reprocessing.replay.ReplayPlan;
import dev.kappa.reprocessing.replay.Replays;
import dev.kappa.reprocessing.replay.StartPosition;
import dev.kappa.reprocessing.replay.VersionChoice;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operations on versions: the same as the {@code kappa replay} command. A body may name the {@code epoch}
 * that the decision was based on; the operation fails with 409 if the view has changed since.
 */
@Controller("/api/v1/views/{view}")
@ExecuteOn(TaskExecutors.BLOCKING)
final class OperatorController {

    private static final Logger log = LoggerFactory.getLogger(OperatorController.class);
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** Each reads two topics from end to end. */
    private static final int MAX_DIFFS = 2;

    private final ConcurrencyLimit diffs =
            new ConcurrencyLimit(MAX_DIFFS, "This instance compares " + MAX_DIFFS + " pairs of versions already");

    private final VersionLookup lookup;
    private final CurrentInstance instance;
    private final InstantSource clock = InstantSource.system();

    OperatorController(VersionLookup lookup, CurrentInstance instance) {
        this.lookup = lookup;
        this.instance = instance;
    }

    @Post("/replays")
    @RequiresRole(Role.OPERATOR)
    HttpResponse<?> start(HttpRequest<?> request, String view, @Body @Nullable JsonNode body) {
        var fields = new Fields(body, "from", "set", "maxRate", "allowTruncated", "dryRun", "resume", "epoch");
        Replays replays = replays(view);
        if (fields.flag("resume")) {
            return resumed(replays, VersionChoice.running(replays.catalog(), view), request, fields);
        }
        var settings = new LinkedHashMap<String, String>();
        fields.object("set")
                .properties()
                .forEach(setting ->
                        settings.put(setting.getKey(), setting.getValue().asText()));
        var asked = new Replays.Request(
                view, from(fields), settings, fields.number("maxRate"), fields.flag("allowTruncated"));
        Optional<ViewVersion> cutShort = fields.flag("dryRun") ? Optional.empty() : replays.cutShort(asked);
        if (cutShort.isPresent()) {
            return resumed(replays, cutShort.get().id(), request, fields);
        }
        ReplayPlan plan = replays.plan(asked);
        if (fields.flag("dryRun")) {
            return HttpResponse.ok(ReplayJson.plan(plan));
        }
        ViewVersion version = replays.start(
                fields.basedOn(plan), operator(request), fields.command("replay start", view), Replays.Narrator.SILENT);
        ObjectNode answer = ReplayJson.plan(plan);
        answer.put("phase", version.phase().name());
        return HttpResponse.status(HttpStatus.CREATED).body(answer);
    }

    /** Finishes a start that was interrupted; a replay that runs is left as it is. */
    private static HttpResponse<?> resumed(Replays replays, VersionId id, HttpRequest<?> request, Fields fields) {
        ViewVersion resumed = replays.resume(
                id, operator(request), fields.command("replay start", id.view()), Replays.Narrator.SILENT);
        return HttpResponse.status(HttpStatus.CREATED)
                .body(NODES.objectNode()
                        .put("view", id.view())
                        .put("version", id.number())
                        .put("phase", resumed.phase().name()));
    }

    /** The operations, once it is clear that there is such a view. */
    private Replays replays(String view) {
        lookup.versions(instance.get().catalog(), view);
        return instance.get().replays();
    }

    private StartPosition from(Fields fields) {
        JsonNode from = fields.get("from");
        try {
            if (from.isObject()) {
                return StartPosition.offsets("offsets", from);
            }
            String text = fields.text("from").orElse("earliest");
            if (text.endsWith(".json")) {
                throw new IllegalArgumentException("only the command reads files; send the JSON object itself");
            }
            return StartPosition.parse(text, clock.instant());
        } catch (IllegalArgumentException e) {
            throw ProblemException.badParameter("from", String.valueOf(e.getMessage()));
        }
    }

    @Post("/switch")
    @RequiresRole(Role.OPERATOR)
    HttpResponse<?> switchTo(HttpRequest<?> request, String view, @Body @Nullable JsonNode body) {
        var fields = new Fields(body, "version", "force", "epoch");
        Replays replays = replays(view);
        Catalog catalog = fields.basedOn(replays.catalog());
        VersionId id = fields.version(view).orElseGet(() -> VersionChoice.candidate(catalog, view));
        return HttpResponse.ok(ReplayJson.switched(replays.switchTo(
                catalog, id, fields.flag("force"), operator(request), fields.command("replay switch", view))));
    }

    @Post("/rollback")
    @RequiresRole(Role.OPERATOR)
    HttpResponse<?> rollback(HttpRequest<?> request, String view, @Body @Nullable JsonNode body) {
        var fields = new Fields(body, "force", "epoch");
        Replays replays = replays(view);
        Catalog catalog = fields.basedOn(replays.catalog());
        return HttpResponse.ok(ReplayJson.switched(replays.switchTo(
                catalog,
                VersionChoice.previous(catalog, view),
                fields.flag("force"),
                operator(request),
                fields.command("replay rollback", view))));
    }

    @Post("/retire")
    @RequiresRole(Role.ADMIN)
    HttpResponse<?> retire(HttpRequest<?> request, String view, @Body @Nullable JsonNode body) {
        var fields = new Fields(body, "version", "deleteOutput", "dryRun", "epoch");
        VersionId id = fields.version(view)
                .orElseThrow(() ->
                        ProblemException.badParameter("version", "required; give the number of the version to retire"));
        return takeDown(request, fields, id, false, fields.flag("deleteOutput"));
    }

    @Post("/abort")
    @RequiresRole(Role.OPERATOR)
    HttpResponse<?> abort(HttpRequest<?> request, String view, @Body @Nullable JsonNode body) {
        var fields = new Fields(body, "version", "dryRun", "epoch");
        VersionId id = fields.version(view)
                .orElseGet(() -> VersionChoice.unfinished(replays(view).catalog(), view));
        return takeDown(request, fields, id, true, true);
    }

    private HttpResponse<?> takeDown(
            HttpRequest<?> request, Fields fields, VersionId id, boolean abort, boolean deleteOutput) {
        Replays replays = replays(id.view());
        Catalog catalog = fields.basedOn(replays.catalog());
        Removal removal = replays.removal(catalog, id, abort, deleteOutput);
        ObjectNode answer = ReplayJson.removal(removal, catalog.epoch());
        if (!fields.flag("dryRun")) {
            replays.takeDown(
                    catalog,
                    removal,
                    abort,
                    operator(request),
                    fields.command(abort ? "replay abort" : "replay retire", id.view()),
                    Replays.Narrator.SILENT);
        }
        return HttpResponse.ok(answer);
    }

    @Post("/restart")
    @RequiresRole(Role.OPERATOR)
    HttpResponse<?> restart(HttpRequest<?> request, String view, @Body @Nullable JsonNode body) {
        var fields = new Fields(body, "version", "epoch");
        Replays replays = replays(view);
        Catalog catalog = fields.basedOn(replays.catalog());
        VersionId id = fields.version(view).orElseGet(() -> VersionChoice.running(catalog, view));
        replays.restart(catalog, id, operator(request), fields.command("version restart", view));
        return HttpResponse.ok(NODES.objectNode().put("version", id.number()));
    }

    @Post("/throttle")
    @RequiresRole(Role.OPERATOR)
    HttpResponse<?> throttle(HttpRequest<?> request, String view, @Body @Nullable JsonNode body) {
        var fields = new Fields(body, "version", "maxRate", "epoch");
        Replays replays = replays(view);
        Catalog catalog = fields.basedOn(replays.catalog());
        VersionId id = fields.version(view).orElseGet(() -> VersionChoice.candidate(catalog, view));
        replays.throttle(
                catalog, id, fields.number("maxRate"), operator(request), fields.command("replay throttle", view));
        return HttpResponse.ok(NODES.objectNode().put("version", id.number()));
    }

    @Get("/history")
    HttpResponse<?> history(HttpRequest<?> request, String view) {
        var _ = QueryParameters.none(request);
        ObjectNode json = NODES.objectNode();
        ArrayNode changes = json.putArray("changes");
        lookup.versions(instance.get().catalog(), view);
        instance.get().catalog().changes(view, 0).forEach(change -> changes.add(ReplayJson.change(change)));
        return HttpResponse.ok(json);
    }

    /** Not for readers: it reads two topics from end to end, and needs disk for them. */
    @Get("/diff")
    @RequiresRole(Role.OPERATOR)
    HttpResponse<?> diff(HttpRequest<?> request, String view) {
        QueryParameters parameters = QueryParameters.of(request, HttpParameter.OF_DIFF);
        Catalog catalog = instance.get().catalog();
        lookup.versions(catalog, view);
        VersionChoice.Pair pair = VersionChoice.pair(
                catalog, view, version(parameters, HttpParameter.NEWER), version(parameters, HttpParameter.AGAINST));
        var options = new OutputDiff.Options(
                parameters.instant(HttpParameter.CUT),
                parameters.number(HttpParameter.SAMPLES),
                parameters.text(HttpParameter.SAMPLES_KEY),
                Map.of());
        OutputDiff.Reading whileWanted = (_, _) -> {
            if (!ConnectionLimits.isOpen(request)) {
                throw new ClientLeftException();
            }
        };
        try {
            return diffs.during(
                    RequestAuthorizer.shareOf(request),
                    () -> HttpResponse.ok(instance.get()
                            .diff()
                            .compare(pair.before(), pair.after(), options, whileWanted)
                            .toJson()));
        } catch (ClientLeftException nobodyReadsTheAnswer) {
            log.info("Comparison stopped because its client left: view={}", view);
            return HttpResponse.noContent();
        }
    }

    /** The client of a request has closed its connection. */
    private static final class ClientLeftException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private static Optional<Integer> version(QueryParameters parameters, HttpParameter parameter) {
        return parameters.text(parameter).map(_ -> parameters.number(parameter));
    }

    private static CatalogChange.Operator operator(HttpRequest<?> request) {
        Optional<String> claimed =
                Optional.ofNullable(request.getHeaders().get("Kappa-Operator")).filter(name -> !name.isBlank());
        Optional<String> caller = Optional.of(RequestAuthorizer.callerOf(request))
                .filter(Caller::isAuthenticated)
                .map(Caller::name);
        String host = RemoteAddress.of(request);
        return caller.map(name -> new CatalogChange.Operator(name, host, claimed))
                .orElseGet(() -> new CatalogChange.Operator(claimed.orElse("http"), host));
    }

    /** The fields of a body, checked: each known and of the right form. An empty body has none. */
    private static final class Fields {

        private static final Pattern UPPER_CASE = Pattern.compile("[A-Z]");

        private final JsonNode body;

        Fields(@Nullable JsonNode body, String... known) {
            this.body = body == null ? NODES.objectNode() : body;
            if (!this.body.isObject()) {
                throw ProblemException.badParameter("(body)", "expected a JSON object");
            }
            var allowed = new TreeSet<>(List.of(known));
            this.body.fieldNames().forEachRemaining(name -> {
                if (!allowed.contains(name)) {
                    throw ProblemException.badParameter(name, "unknown here; known are " + allowed);
                }
            });
        }

        JsonNode get(String name) {
            return body.path(name);
        }

        /** The command that does the same, for the audit trail: {@code replay switch VIEW --version=2 --force}. */
        String command(String operation, String view) {
            var command = new StringBuilder(operation).append(' ').append(view);
            body.properties().forEach(field -> {
                String option = " --"
                        + UPPER_CASE
                                .matcher(field.getKey())
                                .replaceAll(letter -> "-" + letter.group().toLowerCase(Locale.ROOT));
                JsonNode value = field.getValue();
                if (value.isBoolean()) {
                    command.append(value.asBoolean() ? option : "");
                } else if (!field.getKey().equals("epoch") && !value.isNull()) {
                    command.append(option).append('=').append(value.isTextual() ? value.asText() : value.toString());
                }
            });
            return command.toString();
        }

        Optional<String> text(String name) {
            JsonNode value = get(name);
            if (value.isMissingNode() || value.isNull()) {
                return Optional.empty();
            }
            if (!value.isTextual()) {
                throw ProblemException.badParameter(name, "expected text; got " + value);
            }
            return Optional.of(value.asText());
        }

        JsonNode object(String name) {
            JsonNode value = get(name);
            if (value.isMissingNode()) {
                return NODES.objectNode();
            }
            if (!value.isObject()) {
                throw ProblemException.badParameter(name, "expected an object; got " + value);
            }
            return value;
        }

        boolean flag(String name) {
            JsonNode value = get(name);
            if (!value.isMissingNode() && !value.isBoolean()) {
                throw ProblemException.badParameter(name, "expected true or false; got " + value);
            }
            return value.asBoolean();
        }

        private Optional<Long> number(String name) {
            JsonNode value = get(name);
            if (value.isMissingNode() || value.isNull()) {
                return Optional.empty();
            }
            if (!value.canConvertToLong() || value.asLong() < 1) {
                throw ProblemException.badParameter(name, "expected a whole number from 1; got " + value);
            }
            return Optional.of(value.asLong());
        }

        Optional<VersionId> version(String view) {
            return number("version").map(number -> {
                if (number > Integer.MAX_VALUE) {
                    throw ProblemException.badParameter("version", "expected a version's number; got " + number);
                }
                return new VersionId(view, number.intValue());
            });
        }

        /** The catalog as read, or as of the epoch that the client says it has decided on. */
        Catalog basedOn(Catalog catalog) {
            return number("epoch").map(catalog::at).orElse(catalog);
        }

        ReplayPlan basedOn(ReplayPlan plan) {
            return number("epoch").map(plan::basedOn).orElse(plan);
        }
    }
}
