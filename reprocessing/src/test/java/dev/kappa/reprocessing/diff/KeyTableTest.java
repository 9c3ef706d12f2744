package dev.kappa.reprocessing.diff;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.reprocessing.cluster.RefusedException;
import dev.kappa.reprocessing.diff.KeyTable.Held;
import dev.kappa.reprocessing.diff.KeyTable.Side;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.utils.Bytes;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KeyTableTest {

    @TempDir
    Path directory = Path.of("");

    private KeyTable.Space space = new KeyTable.Space(directory, 0);

    @BeforeEach
    void inDirectory() {
        space = KeyTable.Space.shared(directory);
    }

    @Test
    void moreThanTheSpaceIsRefused() {
        var little = new KeyTable.Space(directory, 100);
        try (var table = new KeyTable(little)) {
            table.put(Side.OLD, "a", 1, new byte[50]);
            assertThatThrownBy(() -> table.put(Side.OLD, "b", 1, new byte[50]))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("--work-dir");
        }
        assertThat(directory).isEmptyDirectory();
    }

    private static final byte[] ONE = {1};
    private static final byte[] TWO = {2};

    private static Map<String, List<Held>> visited(KeyTable table) {
        var visited = new TreeMap<String, List<Held>>();
        table.visit((key, before, after) -> visited.put(key, new ArrayList<>(List.of(before, after))));
        return visited;
    }

    @Test
    void newestValueOfEachSideIsHeld() {
        try (var table = new KeyTable(space)) {
            table.put(Side.OLD, "a", 10, ONE);
            table.put(Side.OLD, "a", 11, TWO);
            table.put(Side.NEW, "a", 12, ONE);
            table.put(Side.NEW, "b", 13, ONE);
            table.put(Side.NEW, "b", 14, null);
            assertThat(visited(table))
                    .containsEntry(
                            "a",
                            List.of(
                                    new Held.Value(11, Bytes.wrap(TWO), false),
                                    new Held.Value(12, Bytes.wrap(ONE), false)))
                    .containsEntry("b", List.of(new Held.Nothing(), new Held.Nothing()))
                    .hasSize(2);
        }
    }

    @Test
    void laterValuesAreNotedInWhicheverOrderTheyCome() {
        try (var table = new KeyTable(space)) {
            table.put(Side.OLD, "a", 10, ONE);
            table.putLater(Side.OLD, "a");
            table.putLater(Side.NEW, "a");
            // An update of an older window comes after it.
            table.put(Side.NEW, "a", 9, TWO);
            table.putLater(Side.OLD, "b");
            table.put(Side.OLD, "c", 8, null);
            table.putLater(Side.OLD, "c");
            assertThat(visited(table))
                    .containsEntry(
                            "a",
                            List.of(
                                    new Held.Value(10, Bytes.wrap(ONE), true),
                                    new Held.Value(9, Bytes.wrap(TWO), true)))
                    .containsEntry("b", List.of(new Held.OnlyLater(), new Held.Nothing()))
                    .containsEntry("c", List.of(new Held.Nothing(), new Held.Nothing()));
        }
    }

    @Test
    void keysThatBeginAlikeAreKeptApart() {
        try (var table = new KeyTable(space)) {
            table.put(Side.OLD, "a", 1, ONE);
            table.put(Side.NEW, "ab", 2, ONE);
            table.putLater(Side.NEW, "a");
            assertThat(visited(table))
                    .containsEntry("a", List.of(new Held.Value(1, Bytes.wrap(ONE), false), new Held.OnlyLater()))
                    .containsEntry("ab", List.of(new Held.Nothing(), new Held.Value(2, Bytes.wrap(ONE), false)));
        }
    }
}
