package dev.kappa.benchmarks;

import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Runs the microbenchmarks. */
@Command(name = "micro", description = "What single operations cost, by JMH.", mixinStandardHelpOptions = true)
final class MicroCommand implements Callable<Integer> {

    private static final int ITERATIONS = 5;

    @Parameters(arity = "0..1", defaultValue = ".*", description = "Which, a regular expression (default: all).")
    String include = ".*";

    @Override
    public Integer call() throws Exception {
        new Runner(new OptionsBuilder()
                        .include(include)
                        .mode(Mode.AverageTime)
                        .timeUnit(TimeUnit.NANOSECONDS)
                        .warmupIterations(ITERATIONS)
                        .warmupTime(TimeValue.seconds(1))
                        .measurementIterations(ITERATIONS)
                        .measurementTime(TimeValue.seconds(1))
                        .forks(1)
                        .addProfiler("gc")
                        .build())
                .run();
        return 0;
    }
}
