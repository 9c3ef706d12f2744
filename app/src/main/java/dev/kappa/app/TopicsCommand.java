package dev.kappa.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.auto.service.AutoService;
import dev.kappa.app.config.ConfigurationException;
import dev.kappa.app.config.KappaConfig;
import dev.kappa.app.config.ServerSettings;
import dev.kappa.app.topics.TopicProvisioning;
import dev.kappa.reprocessing.command.CommandException;
import dev.kappa.reprocessing.command.ExitCode;
import dev.kappa.reprocessing.command.GlobalOptions;
import dev.kappa.reprocessing.command.Kappa;
import dev.kappa.reprocessing.command.Subcommand;
import io.micronaut.context.ApplicationContext;
import java.io.PrintWriter;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Creates topics for instances that may not. */
@Command(
        name = "topics",
        description =
                "Creates the missing topics of this build's views, and corrects topic settings that results depend on."
                        + " Instances do this when they start. Use the command where they lack the permission.",
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class TopicsCommand implements Subcommand {

    @Option(names = "--dry-run", description = "Print what would be done, without doing it.")
    boolean dryRun;

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws InterruptedException {
        GlobalOptions options = Kappa.globalOptions(spec);
        try (ApplicationContext context = ApplicationContext.builder()
                .banner(false)
                .properties(RunCommand.connection(options))
                .build()) {
            TopicProvisioning.Outcome outcome = TopicProvisioning.provision(settings(context), dryRun);
            PrintWriter out = spec.commandLine().getOut();
            if (options.output().isStructured()) {
                out.println(options.output().format(new ObjectMapper().valueToTree(outcome)));
            } else {
                say(out, outcome);
            }
            out.flush();
            return ExitCode.DONE;
        } catch (ConfigurationException e) {
            throw CommandException.refused(String.valueOf(e.getMessage()));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof KafkaException failure ? failure : new KafkaException(e.getCause());
        }
    }

    private static KappaConfig settings(ApplicationContext context) {
        try {
            return ServerSettings.addTo(context.getEnvironment().start());
        } catch (ConfigurationException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()));
        }
    }

    private void say(PrintWriter out, TopicProvisioning.Outcome outcome) {
        outcome.created().forEach(topic -> out.println((dryRun ? "would create " : "created ") + topic));
        outcome.corrected()
                .forEach((topic, settings) ->
                        out.println((dryRun ? "would correct " : "corrected ") + topic + " " + settings));
        if (outcome.created().isEmpty() && outcome.corrected().isEmpty()) {
            out.println("All topics are as they should be.");
        }
    }
}
