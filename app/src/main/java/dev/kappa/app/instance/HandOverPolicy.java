package dev.kappa.app.instance;

import dev.kappa.app.version.VersionState;
import dev.kappa.catalog.InstanceReport;
import dev.kappa.catalog.VersionReport;
import dev.kappa.reprocessing.cluster.VersionId;
import dev.kappa.reprocessing.fleet.Fleet;
import java.util.List;
import java.util.Map;

/**
 * When an instance that was told to stop may leave the fleet: when its stores have as many complete copies as are configured, so
 * that each is on another instance as well. Instances that were told to stop together leave one after the other.
 */
final class HandOverPolicy {

    private HandOverPolicy() {}

    /**
     * Whether an instance may leave.
     *
     * @param self its id
     * @param alive the instances that are alive, itself among them
     * @param partitions how many partitions the stores have, of each version that matters
     * @param copies how many copies each is to have, the active one among them
     */
    static boolean mayLeave(String self, List<InstanceReport> alive, Map<VersionId, Integer> partitions, int copies) {
        List<InstanceReport> others = alive.stream()
                .filter(report -> !report.getInstance().equals(self))
                .toList();
        if (others.stream().allMatch(InstanceReport::getLeaving)) {
            // Nobody would be left to have anything.
            return true;
        }
        boolean isLater = others.stream()
                .anyMatch(report -> report.getLeaving() && report.getInstance().compareTo(self) < 0);
        return !isLater
                && partitions.entrySet().stream()
                        .allMatch(version -> areThere(version.getKey(), version.getValue(), alive, copies));
    }

    private static boolean areThere(VersionId version, int partitions, List<InstanceReport> alive, int copies) {
        List<VersionReport> running = alive.stream()
                .flatMap(report -> Fleet.of(report, version).stream())
                .filter(report -> report.getState().equals(VersionState.RUNNING.name()))
                .toList();
        int complete = running.stream().mapToInt(VersionReport::getComplete).sum();
        // No instance has two copies of one partition.
        return complete >= partitions * Math.min(copies, running.size());
    }
}
