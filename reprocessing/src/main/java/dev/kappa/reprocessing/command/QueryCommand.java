package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks a store of a view, whatever its kind. */
@Command(
        name = "query",
        description =
                "Queries a store of a view: the value or windows of KEY, of all keys without KEY, or the largest with --top.",
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class QueryCommand implements Subcommand {

    @Parameters(index = "0", paramLabel = "VIEW", description = "Name of the view.")
    String view = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "STORE", description = "Name of the store.")
    @Nullable
    String store;

    @Parameters(index = "2", arity = "0..1", paramLabel = "KEY", description = "The key; all keys when left out.")
    @Nullable
    String key;

    @Option(names = "--from", paramLabel = "KEY|INSTANT", description = "First key, or earliest start of a window.")
    @Nullable
    String from;

    @Option(names = "--to", paramLabel = "KEY|INSTANT", description = "End of the range, exclusive.")
    @Nullable
    String to;

    @Option(
            names = "--prefix",
            paramLabel = "TEXT",
            description = "Only keys that begin with this text (key-value stores).")
    @Nullable
    String prefix;

    @Option(names = "--limit", paramLabel = "N", description = "Maximum number of entries per page.")
    @Nullable
    Integer limit;

    @Option(
            names = "--cursor",
            paramLabel = "CURSOR",
            description = "Cursor of the next page, as printed after the previous one.")
    @Nullable
    String cursor;

    @Option(names = "--top", paramLabel = "N", description = "The N largest of the window that contains --at.")
    @Nullable
    Integer top;

    @Option(names = "--at", paramLabel = "INSTANT", description = "The instant for --top (default: now).")
    @Nullable
    String at;

    @Option(
            names = "--as-of",
            paramLabel = "INSTANT",
            description = "The key's value as of a time (stores that keep a history).")
    @Nullable
    String asOf;

    @Option(
            names = "--min-position",
            paramLabel = "TOPIC:PARTITION:OFFSET,...",
            description =
                    "Waits until these records have been applied (kappa load prints the position of its records).")
    @Nullable
    String minPosition;

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        GlobalOptions options = Kappa.globalOptions(spec);
        try (var app = new AppClient(options)) {
            JsonNode answer = ask(app);
            PrintWriter out = spec.commandLine().getOut();
            if (options.output().isStructured()) {
                out.println(options.output().format(answer));
            } else {
                print(answer, out);
            }
            out.flush();
            return ExitCode.DONE;
        }
    }

    private JsonNode ask(AppClient app) {
        if (store == null) {
            throw CommandException.usage("Name a store of " + view + ": "
                    + String.join(
                            " or ",
                            stores(app).findValuesAsText("name").stream()
                                    .map(name -> "kappa query " + view + " " + name)
                                    .toList())
                    + ".");
        }
        String path = "/api/v1/views/" + AppClient.encode(view) + "/stores/" + AppClient.encode(store) + "/";
        var query = new LinkedHashMap<String, String>();
        put(query, "minPosition", minPosition);
        if (top != null) {
            if (key != null) {
                throw CommandException.usage("--top ranks all keys; leave KEY out.");
            }
            if (from != null || to != null || prefix != null || limit != null || cursor != null) {
                throw CommandException.usage(
                        "--top cannot be combined with --from, --to, --prefix, --limit or --cursor.");
            }
            query.put("limit", top.toString());
            put(query, "at", at);
            return app.get(path + "top", query);
        }
        if (at != null) {
            throw CommandException.usage("--at selects the window for --top; give --top N too.");
        }
        put(query, "from", from);
        put(query, "to", to);
        put(query, "prefix", prefix);
        put(query, "limit", limit);
        put(query, "cursor", cursor);
        put(query, "asOf", asOf);
        boolean windows = !kind(app).equals("key-value");
        if (asOf != null && (key == null || windows)) {
            throw CommandException.usage("--as-of needs a KEY and a key-value store.");
        }
        if (key == null) {
            return app.get(path + (windows ? "windows" : "entries"), query);
        }
        return app.get(path + (windows ? "windows/" : "entries/") + AppClient.encode(key), query);
    }

    private JsonNode stores(AppClient app) {
        return app.get("/api/v1/views/" + AppClient.encode(view), Map.of()).path("stores");
    }

    private String kind(AppClient app) {
        JsonNode stores = stores(app);
        var names = new ArrayList<String>();
        for (JsonNode candidate : stores) {
            if (candidate.path("name").asText().equals(store)) {
                return candidate.path("kind").asText();
            }
            names.add(candidate.path("name").asText());
        }
        throw CommandException.refused("View " + view + " has no store " + store + "; it has " + names);
    }

    private static void put(Map<String, String> query, String name, @Nullable Object value) {
        if (value != null) {
            query.put(name, value.toString());
        }
    }

    private static void print(JsonNode answer, PrintWriter out) {
        if (answer.has("entries") && answer.has("start")) {
            out.println("window " + answer.path("start").asText() + " to "
                    + answer.path("end").asText());
        }
        JsonNode list = answer.has("entries") ? answer.path("entries") : answer.path("windows");
        if (list.isMissingNode()) {
            out.println(answer.path("value").toPrettyString());
            return;
        }
        boolean windows = answer.has("windows");
        var table = windows ? new TextTable("START", "END", "KEY", "VALUE") : new TextTable("KEY", "VALUE");
        for (JsonNode entry : list) {
            String entryKey = entry.path("key").isTextual()
                    ? entry.path("key").asText()
                    : entry.path("key").toString();
            String value = entry.path("value").toString();
            if (windows) {
                table.row(entry.path("start").asText(), entry.path("end").asText(), entryKey, value);
            } else {
                table.row(entryKey, value);
            }
        }
        table.print(out);
        if (answer.path("nextCursor").isTextual()) {
            out.println("more: --cursor " + answer.path("nextCursor").asText());
        }
    }
}
