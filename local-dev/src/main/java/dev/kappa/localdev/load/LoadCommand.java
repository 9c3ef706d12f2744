package dev.kappa.localdev.load;

import com.google.auto.service.AutoService;
import dev.kappa.avro.AvroSerdeConfig;
import dev.kappa.avro.EventSchema;
import dev.kappa.avro.HttpSchemaRegistry;
import dev.kappa.avro.SchemaRegistry;
import dev.kappa.avro.SchemaRegistryException;
import dev.kappa.avro.SchemaRegistryUnavailableException;
import dev.kappa.reprocessing.command.CommandException;
import dev.kappa.reprocessing.command.GlobalOptions;
import dev.kappa.reprocessing.command.Kappa;
import dev.kappa.reprocessing.command.Subcommand;
import dev.kappa.reprocessing.command.Terminal;
import dev.kappa.topologies.Views;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import me.tongfei.progressbar.ProgressBar;
import org.apache.avro.Schema;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Loads the rows of a file into a topic as Avro events. */
@Command(
        name = "load",
        description = {
            "Loads the rows of a CSV, JSONL (both also .gz), Avro container or Parquet file into a topic, as events"
                    + " of the topic's Avro schema.",
            "Columns map to the fields of the same name. Rows that cannot become an event are written to a side file with"
                    + " the reason, and the exit code is 1."
        },
        mixinStandardHelpOptions = true)
@AutoService(Subcommand.class)
public final class LoadCommand implements Subcommand {

    @Parameters(index = "0", paramLabel = "TOPIC", description = "Topic to load into.")
    String topic = "";

    @Parameters(
            index = "1",
            paramLabel = "FILE",
            description = "*.csv, *.tsv, *.jsonl or *.ndjson, also with .gz; *.avro; *.parquet.")
    Path file = Path.of("");

    @Option(
            names = "--map",
            split = ",",
            paramLabel = "FIELD=COLUMN",
            description = "Take a field from a column of another name; several with commas or repeated.")
    Map<String, String> columns = new LinkedHashMap<>();

    @Option(names = "--set", paramLabel = "FIELD=VALUE", description = "Give a field the same value in every event.")
    Map<String, String> constants = new LinkedHashMap<>();

    @Option(
            names = "--split",
            paramLabel = "FIELD=SEPARATOR",
            description = "Split a column's text into the elements of an array field.")
    Map<String, String> separators = new LinkedHashMap<>();

    @Option(
            names = "--where",
            paramLabel = "COLUMN=VALUE",
            description = "Load only rows with this value; repeat a column to accept several values.")
    List<String> conditions = new ArrayList<>();

    @Option(names = "--limit", paramLabel = "N", description = "Stop after N events.")
    @Nullable
    Long limit;

    @Option(names = "--rate", paramLabel = "N", description = "Events per second at most.")
    @Nullable
    Integer rate;

    @Option(
            names = "--speed",
            paramLabel = "FACTOR",
            description = "Send events at the pace of their event times, this many times faster, such as 60x.")
    @Nullable
    String speed;

    @Option(
            names = "--time-format",
            paramLabel = "FORMAT",
            description =
                    "How times are written: iso, epoch-seconds, epoch-millis, epoch-micros, epoch-nanos, or a pattern such as"
                            + " \"yyyy-MM-dd HH:mm:ss\", in UTC unless it has a zone (default: iso, or plausible"
                            + " milliseconds).")
    @Nullable
    String timeFormat;

    @Option(
            names = "--delimiter",
            paramLabel = "CHARACTER",
            description =
                    "Separator of the columns of a CSV file: a character or tab (default: detected in the first line).")
    @Nullable
    String delimiter;

    @Option(
            names = "--allow-expired",
            description = "Load events older than the topic's retention; the broker deletes them soon after.")
    boolean allowExpired;

    @Option(
            names = "--resume",
            description = {
                "Continue an interrupted load of the same file with --resume; without one, start at the first row."
                        + " Rows are written in transactions."
            })
    boolean resume;

    @Option(names = "--no-header", description = "The first line of a CSV file is a row; columns are numbered from 1.")
    boolean noHeader;

    @Option(
            names = "--rejects",
            paramLabel = "FILE",
            description =
                    "Side file for rows that cannot become an event (default: FILE.rejected.csv, in this directory).")
    @Nullable
    Path rejectsFile;

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws InterruptedException {
        GlobalOptions options = Kappa.globalOptions(spec);
        Pace pace = pace();
        Map<String, Object> settings = options.clientConfig();
        try (RowReader reader = RowReader.open(file, !noHeader, delimiter());
                var registry = new HttpSchemaRegistry(AvroSerdeConfig.from(settings));
                var rejected = new RejectedRows(rejects(), resume)) {
            settings.put(AvroSerdeConfig.CLIENT, registry);
            RowFilter filter = RowFilter.of(conditions);
            RowMapper mapper = mapper(registry);
            checkColumns(reader, mapper, filter);
            long begun = System.nanoTime();
            long loaded;
            String position;
            Duration late;
            Optional<ResumableLoad> resumable =
                    resume ? Optional.of(ResumableLoad.of(topic, file, identity())) : Optional.empty();
            try (var writer = EventWriter.open(settings, topic, resumable)) {
                long done = 0;
                if (resumable.isPresent()) {
                    Optional<ResumableLoad.Done> before = writer.resumedFrom(settings, resumable.get());
                    if (before.isEmpty()) {
                        throw CommandException.refused("All rows of " + file + " have been loaded into " + topic
                                + " by an earlier load with --resume. To load them again, leave --resume out.");
                    }
                    done = before.get().rows();
                }
                loaded = load(new LoadRows(reader, done), filter, mapper, pace, writer, rejected);
                position = writer.position();
                late = writer.lateness();
            }
            var report = new LoadReport(
                    topic, loaded, position, late, rejected, Duration.ofNanos(System.nanoTime() - begun));
            return report.print(spec.commandLine().getOut(), options.output());
        } catch (IOException e) {
            throw CommandException.refused("The file " + file + " cannot be read: " + e);
        } catch (IllegalArgumentException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()));
        } catch (SchemaRegistryException e) {
            throw CommandException.refused(String.valueOf(e.getMessage()));
        } catch (SchemaRegistryUnavailableException e) {
            throw CommandException.unreachable(String.valueOf(e.getMessage()), e);
        } catch (KafkaException e) {
            throw CommandException.unreachable("Kafka: " + e.getMessage(), e);
        }
    }

    private Pace pace() {
        if (rate != null && speed != null) {
            throw CommandException.usage("Give --rate or --speed, not both.");
        }
        if (rate != null && rate < 1) {
            throw CommandException.usage("--rate must be at least 1; got " + rate);
        }
        if (limit != null && limit < 0) {
            throw CommandException.usage("--limit must be 0 or more; got " + limit);
        }
        try {
            return speed != null ? Pace.ofSpeed(speed) : rate != null ? Pace.ofRate(rate) : Pace.atOnce();
        } catch (IllegalArgumentException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()));
        }
    }

    private Optional<Character> delimiter() {
        if (delimiter == null) {
            return Optional.empty();
        }
        if (delimiter.equals("tab") || delimiter.equals("\\t")) {
            return Optional.of('\t');
        }
        if (delimiter.length() != 1) {
            throw CommandException.usage("--delimiter takes one character or tab; got \"" + delimiter + "\"");
        }
        return Optional.of(delimiter.charAt(0));
    }

    /** The options that decide which events the rows become: a load with other options is another load. */
    private List<String> identity() {
        return List.of(
                columns.toString(),
                constants.toString(),
                separators.toString(),
                conditions.toString(),
                String.valueOf(timeFormat),
                String.valueOf(delimiter),
                String.valueOf(noHeader),
                String.valueOf(limit));
    }

    private Path rejects() {
        return rejectsFile != null ? rejectsFile : Path.of(file.getFileName() + ".rejected.csv");
    }

    private RowMapper mapper(SchemaRegistry registry) {
        EventSchema schema = EventSchema.of(schema(registry));
        if (schema.key().isEmpty()) {
            throw new IllegalArgumentException("The schema of topic " + topic + ", "
                    + schema.schema().getFullName() + ", does not say which field is the key (property "
                    + EventSchema.KEY + ").");
        }
        for (Map<String, String> named : List.of(columns, constants, separators)) {
            for (String field : named.keySet()) {
                if (schema.schema().getField(field) == null) {
                    throw new IllegalArgumentException("Events of topic " + topic + " have no field " + field
                            + "; they have " + fieldNames(schema.schema()) + ".");
                }
            }
        }
        TimeFormat times;
        try {
            times = timeFormat == null ? TimeFormat.standard() : TimeFormat.of(timeFormat);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "--time-format \"" + timeFormat + "\" is no pattern: " + e.getMessage(), e);
        }
        return new RowMapper(schema, columns, constants, separators, times);
    }

    /** The schema a view reads the topic with, else the newest in the registry. */
    private Schema schema(SchemaRegistry registry) {
        Optional<Schema> declared = Views.discover().stream()
                .flatMap(view -> view.inputs().stream())
                .filter(input -> input.topic().equals(topic))
                .map(input -> input.schema().schema())
                .findFirst();
        if (declared.isPresent()) {
            return declared.get();
        }
        try {
            return registry.latest(topic + "-value").schema();
        } catch (SchemaRegistryException e) {
            throw new IllegalArgumentException(
                    "Topic " + topic + " is not an input of a view that this command knows, and the registry at "
                            + registry.address() + " has no schema for it (subject " + topic
                            + "-value). If a view of your own reads it, add its jar: --views JAR.",
                    e);
        }
    }

    private static List<String> fieldNames(Schema schema) {
        return schema.getFields().stream().map(Schema.Field::name).toList();
    }

    /** A mistake in the options would make every row a bad one. */
    private void checkColumns(RowReader reader, RowMapper mapper, RowFilter filter) {
        for (String field : separators.keySet()) {
            if (!mapper.isArray(field)) {
                throw new IllegalArgumentException("--split " + field + ": this field is no array.");
            }
        }
        if (reader.columns().isEmpty()) {
            return;
        }
        List<String> available = reader.columns().get();
        var wanted = new ArrayList<>(columns.values());
        wanted.addAll(filter.columns());
        for (String column : wanted) {
            if (!available.contains(column)) {
                throw new IllegalArgumentException(
                        "The file " + file + " has no column " + column + "; it has " + available + ".");
            }
        }
        List<String> unsplit = mapper.unsplit(available);
        if (!unsplit.isEmpty()) {
            throw new IllegalArgumentException("The array fields " + unsplit
                    + " need a separator. Give it with --split FIELD=SEPARATOR, such as --split " + unsplit.getFirst()
                    + "=\" \".");
        }
        List<String> unfilled = mapper.unfilled(available);
        if (!unfilled.isEmpty()) {
            throw new IllegalArgumentException(
                    "No column matches the fields " + unfilled + ". The file has the columns " + available
                            + "; choose one with --map FIELD=COLUMN, or give a value with --set FIELD=VALUE.");
        }
    }

    private long load(
            LoadRows rows, RowFilter filter, RowMapper mapper, Pace pace, EventWriter writer, RejectedRows rejected)
            throws IOException, InterruptedException {
        new FirstRows(topic, allowExpired).requirePlausible(rows.first(), filter, mapper, writer.limits());
        long begun = System.nanoTime();
        try (ProgressBar progress = progressBar(rows.size())) {
            while (limit == null || writer.sent() < limit) {
                progress.stepTo(rows.position());
                Optional<LoadRows.Read> read = rows.next();
                if (read.isEmpty()) {
                    break;
                }
                try {
                    Optional<Row> row = read.get().row();
                    if (row.isEmpty()) {
                        rejected.add(
                                read.get().line(),
                                read.get().problem(),
                                read.get().text());
                    } else if (filter.test(row.get())) {
                        RowMapper.Event event = mapper.map(row.get());
                        Optional<Instant> time = mapper.eventTime(event);
                        if (!allowExpired && writer.limits().isExpired(time, Instant.now())) {
                            throw new BadRowException("is dated " + time.orElseThrow()
                                    + ", and the topic would not keep it (see --allow-expired)");
                        }
                        sleepUntil(begun, pace.due(time));
                        writer.send(event, time, row.get(), read.get().text());
                    }
                } catch (BadRowException e) {
                    rejected.add(
                            read.get().line(),
                            String.valueOf(e.getMessage()),
                            read.get().text());
                }
                rejectRefused(writer, rejected);
                writer.done(rows.taken());
                progress.setExtraMessage(writer.sent() + " events"
                        + (rejected.count() == 0 ? "" : ", " + rejected.count() + " bad rows"));
            }
            progress.stepTo(rows.position());
        } catch (IOException e) {
            writer.end(rows.taken(), false);
            rejectRefused(writer, rejected);
            throw new IOException(
                    "after line " + rows.line() + " and " + writer.written() + " loaded events: " + e.getMessage(), e);
        }
        writer.end(rows.taken(), true);
        rejectRefused(writer, rejected);
        return writer.written();
    }

    /** Adds the rows whose records the producer or the broker refused to the rejected ones. */
    private static void rejectRefused(EventWriter writer, RejectedRows rejected) throws IOException {
        for (EventWriter.Refused refused : writer.takeRefused()) {
            rejected.add(refused.line(), "was rejected: " + refused.reason(), refused.text());
        }
    }

    private ProgressBar progressBar(long bytes) {
        return Terminal.progressBar("Loading " + topic)
                .setInitialMax(bytes)
                .setUnit(" KB", 1024)
                .build();
    }

    private static void sleepUntil(long begun, Duration due) throws InterruptedException {
        Duration wait = due.minusNanos(System.nanoTime() - begun);
        if (wait.isPositive()) {
            Thread.sleep(wait);
        }
    }
}
