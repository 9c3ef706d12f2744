package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.JsonNode;
import dev.kappa.reprocessing.cluster.VersionId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A subcommand of {@code kappa replay}: about one view. */
abstract class ReplayOperation implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "VIEW", description = "Name of the view.")
    String view = "";

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public final Integer call() throws Exception {
        try (Session session = Session.open(spec)) {
            return run(session);
        }
    }

    /** Does it, and returns the exit code. */
    abstract int run(Session session) throws Exception;

    /** The version of a number, if one was given. */
    Optional<VersionId> given(@Nullable Integer number) {
        if (number != null && number < 1) {
            throw CommandException.usage("Versions are numbered from 1; got --version " + number);
        }
        return Optional.ofNullable(number).map(known -> new VersionId(view, known));
    }

    /** The texts of an array. */
    static List<String> texts(JsonNode array) {
        var texts = new ArrayList<String>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
