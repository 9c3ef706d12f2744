package dev.kappa.reprocessing.command;

import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.cluster.VersionId;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Gives up a replay. */
@Command(
        name = "abort",
        description = "Gives up the replay of VIEW and deletes what it has made.",
        mixinStandardHelpOptions = true)
final class ReplayAbort extends ReplayOperation {

    @Option(names = "--version", paramLabel = "N", description = "Version to give up (default: the replay under way).")
    @Nullable
    Integer number;

    @Option(names = "--dry-run", description = "Say what would be deleted, and delete nothing.")
    boolean dryRun;

    @Override
    int run(Session session) {
        Catalog catalog = session.replays().catalog();
        VersionId id = given(number).orElseGet(() -> session.replays().unfinished(catalog, view));
        return ReplayRetire.takeDown(session, catalog, id, true, true, dryRun);
    }
}
