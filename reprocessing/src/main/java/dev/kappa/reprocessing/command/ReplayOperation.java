package dev.kappa.reprocessing.command;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.catalog.ViewVersion;
import dev.kappa.reprocessing.cluster.VersionId;
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

    /** The version of a number, else the replay under way, else the active version. */
    ViewVersion version(Session session, Catalog catalog, @Nullable Integer number) {
        if (number != null) {
            return session.replays().version(catalog, view, number);
        }
        return catalog.underWay(view)
                .or(() -> catalog.active(view))
                .orElseThrow(
                        () -> CommandException.refused("There is no view " + view + "; there are " + catalog.views()));
    }
}
