package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.auto.service.AutoService;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the views and their versions. */
@Command(name = "views", description = "Shows the views and their versions.", mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class ViewsCommand implements Subcommand {

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        GlobalOptions options = Kappa.globalOptions(spec);
        PrintWriter out = spec.commandLine().getOut();
        try (var app = new AppClient(options)) {
            JsonNode answer = app.get("/api/v1/views", Map.of());
            if (options.output().isStructured()) {
                out.println(options.output().format(answer));
                return ExitCode.DONE;
            }
            boolean isWide = options.output() == GlobalOptions.Output.wide;
            var table = isWide
                    ? new TextTable(
                            "VIEW",
                            "VERSION",
                            "PHASE",
                            "STATE",
                            "LAG",
                            "FRESHNESS",
                            "APPLICATION",
                            "OUTPUT",
                            "PARAMETERS")
                    : new TextTable("VIEW", "VERSION", "PHASE", "STATE", "LAG", "FRESHNESS", "PARAMETERS");
            for (JsonNode view : answer.path("views")) {
                for (JsonNode version : view.path("versions")) {
                    boolean active = version.path("version").asInt()
                            == view.path("activeVersion").asInt();
                    var cells = new ArrayList<>(List.of(
                            view.path("name").asText(),
                            "v" + version.path("version").asText() + (active ? " *" : ""),
                            version.path("phase").asText(),
                            version.path("state").asText(),
                            version.path("lag").isNull()
                                    ? "-"
                                    : version.path("lag").asText(),
                            freshness(version.path("freshnessMs"))));
                    if (isWide) {
                        cells.add(version.path("applicationId").asText());
                        cells.add(version.path("outputTopic").asText());
                    }
                    cells.add(parameters(version.path("parameters")));
                    table.row(cells.toArray(String[]::new));
                }
            }
            table.print(out);
            for (JsonNode view : answer.path("views")) {
                if (view.path("problem").isTextual()) {
                    out.println(view.path("name").asText() + ": "
                            + view.path("problem").asText());
                } else if (!view.path("differences").isEmpty()) {
                    out.println(view.path("name").asText() + " needs a replay; this instance's code differs:");
                    view.path("differences").forEach(line -> out.println("  " + line.asText()));
                }
            }
            for (JsonNode view : answer.path("views")) {
                for (JsonNode version : view.path("versions")) {
                    for (JsonNode problem : version.path("inputProblems")) {
                        out.println(view.path("name").asText() + " v"
                                + version.path("version").asText() + ", input "
                                + problem.path("topic").asText() + ": "
                                + problem.path("detail").asText());
                        out.println("  " + problem.path("remedy").asText());
                    }
                }
            }
            return ExitCode.DONE;
        }
    }

    private static String freshness(JsonNode millis) {
        if (!millis.isNumber()) {
            return "-";
        }
        Duration age = Duration.ofMillis(millis.asLong());
        if (age.toDays() > 0) {
            return age.toDays() + " d";
        }
        return age.toHours() > 0 ? age.toHours() + " h" : "%.1f s".formatted(age.toMillis() / 1000.0);
    }

    private static String parameters(JsonNode parameters) {
        var text = new StringBuilder();
        parameters
                .properties()
                .forEach(parameter -> text.append(text.isEmpty() ? "" : " ")
                        .append(parameter.getKey())
                        .append('=')
                        .append(parameter.getValue().asText()));
        return text.toString();
    }
}
