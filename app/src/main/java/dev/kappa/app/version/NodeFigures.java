package dev.kappa.app.version;

import java.util.Map;

/**
 * What the parts of a topology have done on one instance, by the names of topics on the cluster, of operators and of stores. Counts start
 * over when tasks move.
 *
 * @param consumed records read from each topic
 * @param produced records written to each topic
 * @param lag records of each topic that are not read yet
 * @param late records that each operator left out because they were late
 * @param entries of each store; an estimate of RocksDB
 * @param bytes of each store, on disk and in write buffers
 */
public record NodeFigures(
        Map<String, Long> consumed,
        Map<String, Long> produced,
        Map<String, Long> lag,
        Map<String, Long> late,
        Map<String, Long> entries,
        Map<String, Long> bytes) {

    public NodeFigures {
        consumed = Map.copyOf(consumed);
        produced = Map.copyOf(produced);
        lag = Map.copyOf(lag);
        late = Map.copyOf(late);
        entries = Map.copyOf(entries);
        bytes = Map.copyOf(bytes);
    }
}
