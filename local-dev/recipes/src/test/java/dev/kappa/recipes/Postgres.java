package dev.kappa.recipes;

import dev.kappa.localdev.process.ChildProcess;
import dev.kappa.localdev.process.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A PostgreSQL server of its own, from Debian's package, with a database {@code views}. */
final class Postgres implements AutoCloseable {

    private static final String USER = "kappa";

    private final int port = Ports.free();
    private final Path directory;
    private final ChildProcess server;

    /** Where Debian puts the programs of the newest server; empty when none is installed. */
    static Optional<Path> programs() {
        Path versions = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(versions)) {
            return Optional.empty();
        }
        try (Stream<Path> all = Files.list(versions)) {
            return all.map(version -> version.resolve("bin"))
                    .filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                    .max((a, b) -> a.toString().compareTo(b.toString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Creates and starts a server. Its user must be able to enter its directory, so that it has one of its own. */
    Postgres(Path programs) throws Exception {
        directory = Files.createTempDirectory("kappa-postgres");
        Path data = directory.resolve("data");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        run(programs.resolve("initdb").toString(), "-D", data.toString(), "-U", USER, "-A", "trust");
        server = ChildProcess.start(
                "PostgreSQL",
                unprivileged(
                        programs.resolve("postgres").toString(),
                        "-D",
                        data.toString(),
                        "-p",
                        String.valueOf(port),
                        "-c",
                        "listen_addresses=localhost",
                        "-c",
                        "unix_socket_directories=" + directory,
                        "-c",
                        "wal_level=logical"),
                Optional.of(directory.resolve("log")));
        while (!isReady()) {
            if (!server.isAlive()) {
                throw new IOException(server.lastWords());
            }
            Thread.sleep(50);
        }
        execute("postgres", "CREATE DATABASE views");
    }

    /** PostgreSQL refuses to run as root. */
    private static List<String> unprivileged(String... command) {
        var all = new ArrayList<String>();
        if (System.getProperty("user.name").equals("root")) {
            all.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"));
        }
        all.addAll(List.of(command));
        return all;
    }

    private void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(unprivileged(command))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("initdb.log").toFile())
                .start();
        if (process.waitFor() != 0) {
            throw new IOException(Files.readString(directory.resolve("initdb.log")));
        }
    }

    private boolean isReady() {
        try (Connection _ = connect("postgres")) {
            return true;
        } catch (SQLException notYet) {
            return false;
        }
    }

    int port() {
        return port;
    }

    private Connection connect(String database) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://localhost:" + port + "/" + database, USER, "secret");
    }

    private void execute(String database, String statement) throws SQLException {
        try (Connection connection = connect(database);
                var sql = connection.createStatement()) {
            sql.execute(statement);
        }
    }

    /** Executes a statement in the database. */
    void execute(String statement) throws SQLException {
        execute("views", statement);
    }

    /** The rows of a query, by the text of the first column. */
    Map<String, Long> numbers(String query) throws SQLException {
        var numbers = new TreeMap<String, Long>();
        try (Connection connection = connect("views");
                var sql = connection.createStatement();
                ResultSet rows = sql.executeQuery(query)) {
            while (rows.next()) {
                numbers.put(rows.getString(1), rows.getLong(2));
            }
        }
        return numbers;
    }

    @Override
    public void close() throws IOException {
        server.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
