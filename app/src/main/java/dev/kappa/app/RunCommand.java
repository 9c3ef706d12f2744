package dev.kappa.app;

import com.google.auto.service.AutoService;
import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.ServerSettings;
import dev.kappa.app.instance.InstanceLifecycle;
import dev.kappa.reprocessing.command.CommandException;
import dev.kappa.reprocessing.command.ExitCode;
import dev.kappa.reprocessing.command.GlobalOptions;
import dev.kappa.reprocessing.command.Kappa;
import dev.kappa.reprocessing.command.Subcommand;
import io.micronaut.context.ApplicationContext;
import io.micronaut.context.exceptions.BeanContextException;
import io.micronaut.http.server.exceptions.ServerStartupException;
import io.micronaut.runtime.exceptions.ApplicationStartupException;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.BindException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs one instance of the app until the process is told to stop. What a container runs. */
@Command(
        name = "run",
        description = "Runs one instance of the app against a given broker and registry.",
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class RunCommand implements Subcommand {

    @Option(names = "--port", paramLabel = "PORT", description = "HTTP port (default: 8080; 0 = any free).")
    @Nullable
    Integer port;

    @Option(names = "--host", paramLabel = "HOST", description = "Address to listen on (default: 127.0.0.1).")
    @Nullable
    String host;

    @Option(
            names = "--advertised",
            paramLabel = "HOST:PORT",
            description = "Address at which other instances reach this one (default: the address it listens on).")
    @Nullable
    String advertised;

    @Option(names = "--state-dir", paramLabel = "DIR", description = "Local state (default: kappa-state).")
    @Nullable
    Path stateDir;

    @Option(names = "--pool", paramLabel = "NAME", description = "Pool of instances this one belongs to.")
    @Nullable
    String pool;

    @Option(names = "--samples", description = "Run the sample views that come with Kappa (kappa.samples).")
    boolean samples;

    @Option(
            names = "--set",
            paramLabel = "VIEW.PARAMETER=VALUE",
            description = "Parameter of a view's first version; may be repeated.")
    Map<String, String> parameters = new HashMap<>();

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws InterruptedException {
        GlobalOptions options = Kappa.globalOptions(spec);
        Map<String, Object> properties = properties(options);
        ApplicationContext context = ApplicationContext.builder()
                .banner(false)
                .properties(properties)
                .mainClass(RunCommand.class)
                .build();
        try {
            // Not by Micronaut.run, which ends the process itself when the start fails.
            context.registerSingleton(
                    ServerSettings.addTo(context.getEnvironment().start()));
            context.start();
            context.getBean(InstanceLifecycle.class).connect();
            context.getBean(EmbeddedServer.class).start();
        } catch (ConfigurationException
                | ApplicationStartupException
                | ServerStartupException
                | BeanContextException e) {
            CommandException failure = startFailure(e, CommandException::usage);
            try {
                context.close();
            } catch (RuntimeException again) {
                // A broker that was missing at the start may still be missing at the end.
                failure.addSuppressed(again);
            }
            throw failure;
        }
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            try {
                                context.getBean(InstanceLifecycle.class).handOver();
                            } finally {
                                context.close();
                            }
                        },
                        "kappa-run-stop"));
        try {
            context.getBean(InstanceLifecycle.class).end().get();
            return ExitCode.DONE;
        } catch (ExecutionException e) {
            throw startFailure(e, CommandException::refused);
        }
    }

    /** Settings of Kappa and its cluster from the command line and the given file. */
    static Map<String, Object> connection(GlobalOptions options) {
        var properties = new HashMap<String, Object>();
        options.configFile()
                .forEach((key, value) -> properties.put(
                        key.startsWith("kappa.") || key.startsWith("micronaut.") ? key : "kappa.kafka." + key, value));
        options.findBootstrapServer().ifPresent(value -> properties.put("kappa.kafka.bootstrap.servers", value));
        options.findRegistry().ifPresent(value -> properties.put("kappa.kafka.schema.registry.url", value));
        return properties;
    }

    private Map<String, Object> properties(GlobalOptions options) {
        Map<String, Object> properties = connection(options);
        put(properties, "micronaut.server.port", port);
        put(properties, "micronaut.server.host", host);
        put(properties, "kappa.advertised.address", advertised);
        put(properties, "kappa.state-dir", stateDir);
        put(properties, "kappa.pool.name", pool);
        put(properties, "kappa.samples", samples ? true : null);
        parameters.forEach((name, value) -> properties.put("kappa.views." + name, value));
        return properties;
    }

    private static void put(Map<String, Object> properties, String key, @Nullable Object value) {
        if (value != null) {
            properties.put(key, value.toString());
        }
    }

    /**
     * The cause that was written for the user, instead of Micronaut's account of how it got there. A wrong setting is
     * wrong usage when it is found before anything is started.
     */
    private static CommandException startFailure(
            Exception failure, Function<String, CommandException> ofConfiguration) {
        List<Throwable> causes = new ArrayList<>();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            causes.add(cause);
        }
        for (Throwable cause : causes) {
            if (cause instanceof ConfigurationException) {
                return ofConfiguration.apply(String.valueOf(cause.getMessage()));
            }
            if (cause instanceof BindException) {
                return CommandException.refused(
                        "The HTTP port cannot be opened: " + cause.getMessage() + ". Choose another with --port.");
            }
        }
        return CommandException.refused("The app cannot start: " + causes.getLast());
    }
}
