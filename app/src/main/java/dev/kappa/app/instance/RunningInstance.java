package dev.kappa.app.instance;

import dev.kappa.app.query.StoreQueries;
import dev.kappa.app.version.VersionSupervisor;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.reprocessing.background.BackgroundLoop;
import dev.kappa.reprocessing.catalog.Catalog;
import dev.kappa.reprocessing.deadletters.DeadLetterBox;
import dev.kappa.reprocessing.diff.OutputDiff;
import dev.kappa.reprocessing.reader.ChangeFeed;
import dev.kappa.reprocessing.reader.ResultJson;
import dev.kappa.reprocessing.replay.Replays;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * The parts of an instance that has started. Thread-safe, as all its parts are.
 *
 * @param id kept beside the local state
 * @param advertised where other instances reach this one, as {@code host:port}
 * @param catalogFollower the catalog as this instance knows it
 * @param versions what runs here
 * @param replays the operations on versions
 * @param fleetReports the instances that are alive
 * @param activity what the versions read and write in the fleet
 * @param diff compares outputs of versions
 * @param queries answers queries of stores
 * @param changes makes a feed of a view's changes, which is the caller's to close
 * @param deadLetters the dead letters of a view
 * @param results reads values of topics as JSON
 * @param loops the background work
 */
public record RunningInstance(
        String id,
        String advertised,
        CatalogFollower catalogFollower,
        VersionSupervisor versions,
        Replays replays,
        FleetReports fleetReports,
        FleetActivity activity,
        OutputDiff diff,
        StoreQueries queries,
        Function<ChangeFeed.Subject, ChangeFeed> changes,
        Function<String, DeadLetterBox> deadLetters,
        ResultJson results,
        List<BackgroundLoop> loops) {

    public RunningInstance {
        loops = List.copyOf(loops);
    }

    /** The catalog as this instance knows it. */
    public Catalog catalog() {
        return catalogFollower.catalog();
    }

    /**
     * The catalog once it has reached an epoch, or as it is when the time is up.
     *
     * @throws org.apache.kafka.common.errors.InterruptException when the calling thread is interrupted
     */
    public Catalog catalog(long epoch, Duration timeout) {
        return catalogFollower.await(epoch, timeout);
    }

    /** The instances that are alive, by their latest reports; this one is among them. */
    public List<InstanceReport> fleet() {
        return fleetReports.alive();
    }

    /** The same without this one. */
    public List<InstanceReport> others() {
        return fleet().stream()
                .filter(report -> !report.getAdvertised().equals(advertised))
                .toList();
    }
}
