package dev.kappa.reprocessing.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KappaTest {

    private final StringWriter err = new StringWriter();
    private final StringWriter out = new StringWriter();

    @Test
    void missingOrUnknownCommandIsWrongUsage() {
        assertThat(run()).isEqualTo(ExitCode.USAGE);
        assertThat(run("veiws")).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("veiws").contains("views");
    }

    @Test
    void helpListsTheExitCodes() {
        assertThat(run("--help")).isEqualTo(ExitCode.DONE);
        assertThat(out.toString()).contains("query").contains("4   another operator made a conflicting change first");
    }

    @Test
    void addressNobodyKnowsIsAskedFor(@TempDir Path directory) {
        assertThat(run("views", "--data-dir", directory.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("--server").contains("kappa up");
    }

    @Test
    void appThatIsNotThereIsUnreachable() {
        assertThat(run("views", "--server", "http://127.0.0.1:1")).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(err.toString()).contains("http://127.0.0.1:1");
    }

    /** Whoever may write reports of instances could name a server of their own. */
    @Test
    void tokenIsSentToANamedServerOnly(@TempDir Path directory) throws IOException {
        Path token = Files.writeString(directory.resolve("token"), "secret");
        String[] named = {
            "views",
            "--bootstrap-server",
            "127.0.0.1:1",
            "--data-dir",
            directory.toString(),
            "--token-file",
            token.toString()
        };
        assertThat(run(named)).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains("--server").doesNotContain("secret");
    }

    @Test
    void addressComesFromTheRunningKappaUp(@TempDir Path directory) throws IOException {
        Files.writeString(directory.resolve(GlobalOptions.ADDRESSES_FILE), "app=http://127.0.0.1:2\n");
        assertThat(run("--data-dir", directory.toString(), "views")).isEqualTo(ExitCode.UNREACHABLE);
        assertThat(err.toString()).contains("http://127.0.0.1:2");
    }

    @Test
    void addressesOfAKilledKappaUpAreNotUsed(@TempDir Path directory) throws IOException {
        Files.writeString(
                directory.resolve(GlobalOptions.ADDRESSES_FILE),
                "app=http://127.0.0.1:2\npid=" + Integer.MAX_VALUE + "\n");
        assertThat(run("--data-dir", directory.toString(), "views")).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void configFileThatCannotBeReadIsNamed(@TempDir Path directory) {
        Path file = directory.resolve("absent.properties");
        assertThat(run("views", "--config", file.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(err.toString()).contains(file.toString());
    }

    private int run(String... arguments) {
        return Kappa.commandLine()
                .setErr(new PrintWriter(err, true))
                .setOut(new PrintWriter(out, true))
                .execute(arguments);
    }
}
