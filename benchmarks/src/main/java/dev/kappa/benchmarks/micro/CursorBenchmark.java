package dev.kappa.benchmarks.micro;

import dev.kappa.app.query.ScanCursor;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.utils.Bytes;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Cursors of lists: one is written, and one read, for each page. */
@State(Scope.Benchmark)
public class CursorBenchmark {

    private static final String LIST = "campaign-views.v1 counts";

    private final ScanCursor place =
            new ScanCursor(Bytes.wrap("campaign-00042".getBytes(StandardCharsets.UTF_8)), 1_767_225_600_000L);
    private final String text = place.encode(LIST);

    /** To text. */
    @Benchmark
    public String encode() {
        return place.encode(LIST);
    }

    /** From text. */
    @Benchmark
    public ScanCursor decode() {
        return ScanCursor.decode(text, LIST);
    }
}
