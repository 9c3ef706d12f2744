package dev.kappa.reprocessing.command;

import java.io.Console;
import java.util.Optional;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** The terminal a command is run from, if it is run from one. */
public final class Terminal {

    private Terminal() {}

    /** A progress bar; where there is no terminal, a line now and then instead of one that is drawn over. */
    public static ProgressBarBuilder progressBar(String task) {
        var progress = new ProgressBarBuilder().setTaskName(task).setStyle(ProgressBarStyle.ASCII);
        if (console().isEmpty()) {
            progress.setUpdateIntervalMillis(5000)
                    .setConsumer(new DelegatingProgressBarConsumer(System.err::println, 120));
        }
        return progress;
    }

    /** The console; absent when input or output is redirected. */
    @SuppressWarnings("SystemConsoleNull") // Since 25 it is null again where there is no terminal.
    static Optional<Console> console() {
        @Nullable Console console = System.console();
        return Optional.ofNullable(console).filter(Console::isTerminal);
    }
}
