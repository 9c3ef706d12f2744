package dev.kappa.localdev.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hardwood.InputFile;
import dev.hardwood.metadata.LogicalType;
import dev.hardwood.reader.ParquetFileReader;
import dev.hardwood.row.PqList;
import dev.hardwood.row.PqMap;
import dev.hardwood.row.PqStruct;
import dev.hardwood.schema.SchemaNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a Parquet file; lines are rows. Columns of types that no event has (intervals, variants) are left out.
 *
 * @see <a href="https://parquet.apache.org/docs/file-format/types/logicaltypes/">Parquet: logical types</a>
 */
final class ParquetReader extends RowReader {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** Maximum time to decode a batch of rows. */
    private static final Duration BATCH_TIMEOUT = Duration.ofSeconds(30);

    private final Watchdog watchdog;
    private final ParquetFileReader file;
    private final dev.hardwood.reader.RowReader rows;
    private final List<SchemaNode> columns;
    private final long total;
    private long read;
    private String text = "";

    ParquetReader(Path path, FileChannel channel) throws IOException {
        this(path, channel, BATCH_TIMEOUT);
    }

    ParquetReader(Path path, FileChannel channel, Duration batchTimeout) throws IOException {
        super(channel);
        this.watchdog = new Watchdog(batchTimeout);
        try {
            this.file = ParquetFileReader.open(InputFile.of(path));
        } catch (IOException | RuntimeException e) {
            watchdog.close();
            throw new IOException(path + " cannot be read as Parquet: " + reason(e), e);
        }
        watchdog.begin();
        try {
            this.rows = file.rowReader();
        } catch (RuntimeException e) {
            watchdog.close();
            file.close();
            throw new IOException(path + " cannot be read as Parquet: " + reason(e), e);
        } finally {
            watchdog.end();
        }
        this.columns = file.getFileSchema().getRootNode().children();
        this.total = file.getFileMetaData().numRows();
    }

    @Override
    Optional<List<String>> columns() {
        return Optional.of(columns.stream()
                .filter(ParquetReader::isReadable)
                .map(SchemaNode::name)
                .toList());
    }

    private static boolean isReadable(SchemaNode node) {
        return switch (node) {
            case SchemaNode.PrimitiveNode column -> !(column.logicalType() instanceof LogicalType.IntervalType);
            case SchemaNode.GroupNode group ->
                !group.isVariant() && group.children().stream().allMatch(ParquetReader::isReadable);
        };
    }

    @Override
    Optional<Row> next() throws IOException, BadRowException {
        watchdog.begin();
        try {
            if (!rows.hasNext()) {
                if (read != total) {
                    throw new IOException("the file has " + read + " rows, and says that it has " + total);
                }
                return Optional.empty();
            }
            rows.next();
            read++;
        } catch (RuntimeException e) {
            throw new IOException("what follows row " + read + " cannot be read: " + reason(e), e);
        } finally {
            watchdog.end();
        }
        var values = new LinkedHashMap<String, JsonNode>();
        ObjectNode json = NODES.objectNode();
        for (int i = 0; i < columns.size(); i++) {
            SchemaNode column = columns.get(i);
            if (isReadable(column)) {
                JsonNode value;
                try {
                    value = json(column, rows.getValue(i));
                } catch (RuntimeException e) {
                    throw new BadRowException("column " + column.name() + " cannot be read: " + reason(e));
                }
                values.put(column.name(), value);
                json.set(column.name(), value);
            }
        }
        text = json.toString();
        return Optional.of(new Row(read, values));
    }

    /**
     * Interrupts the thread that reads when the library has not returned for long. The library retries a page whose header is
     * damaged without end, in a thread of its own.
     */
    private static final class Watchdog {

        private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("kappa-load-watchdog").factory());
        private final Duration timeout;
        private @Nullable Thread reading;
        private long calls;

        /** The value of {@link #calls} at the last check; -1 when no call was under way. */
        private long checked = -1;

        private boolean isExpired;

        Watchdog(Duration timeout) {
            this.timeout = timeout;
            var _ = timer.scheduleWithFixedDelay(
                    this::check, timeout.toMillis(), timeout.toMillis(), TimeUnit.MILLISECONDS);
        }

        synchronized void begin() {
            reading = Thread.currentThread();
            calls++;
        }

        /**
         * Ends what {@link #begin} began.
         *
         * @throws IOException when it was interrupted
         */
        synchronized void end() throws IOException {
            reading = null;
            if (isExpired) {
                var _ = Thread.interrupted();
                throw new IOException("the file is damaged: its rows could not be decoded within " + timeout);
            }
        }

        private synchronized void check() {
            if (reading == null) {
                checked = -1;
            } else if (checked == calls) {
                isExpired = true;
                reading.interrupt();
            } else {
                checked = calls;
            }
        }

        void close() {
            timer.shutdownNow();
        }
    }

    /** The reader decodes in threads of its own, and wraps what went wrong there. */
    private static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    private static JsonNode json(SchemaNode node, @Nullable Object value) {
        return switch (value) {
            case null -> NODES.nullNode();
            case PqList list -> list(node, list);
            case PqMap map -> map(node, map);
            case PqStruct struct -> struct(node, struct);
            case String string -> NODES.textNode(string);
            case byte[] bytes -> NODES.binaryNode(bytes);
            case Boolean flag -> NODES.booleanNode(flag);
            case Float number -> NODES.numberNode(number);
            case Double number -> NODES.numberNode(number);
            case BigDecimal decimal -> NODES.textNode(decimal.toPlainString());
            case Byte _, Short _, Integer _, Long _ -> NODES.numberNode(whole(node, (Number) value));
            case Instant _, LocalDateTime _, LocalDate _, LocalTime _, UUID _ -> NODES.textNode(value.toString());
            default ->
                throw new IllegalArgumentException("is a " + value.getClass().getSimpleName());
        };
    }

    private static JsonNode list(SchemaNode node, PqList list) {
        // A repeated column without a list's annotation is its own element.
        SchemaNode element =
                node instanceof SchemaNode.GroupNode group && group.isList() ? group.getListElement() : node;
        var array = NODES.arrayNode(list.size());
        for (Object value : list.values()) {
            array.add(json(element, value));
        }
        return array;
    }

    private static JsonNode map(SchemaNode node, PqMap map) {
        var group = (SchemaNode.GroupNode) node;
        ObjectNode object = NODES.objectNode();
        for (PqMap.Entry entry : map.getEntries()) {
            JsonNode key = json(group.getMapKey(), entry.getKey());
            if (!key.isTextual()) {
                throw new IllegalArgumentException("a map's keys must be text");
            }
            object.set(key.textValue(), json(group.getMapValue(), entry.getValue()));
        }
        return object;
    }

    private static JsonNode struct(SchemaNode node, PqStruct struct) {
        List<SchemaNode> fields = ((SchemaNode.GroupNode) node).children();
        ObjectNode object = NODES.objectNode();
        for (int i = 0; i < fields.size(); i++) {
            object.set(fields.get(i).name(), json(fields.get(i), struct.getValue(i)));
        }
        return object;
    }

    /** A number whose type has no sign comes as that of the same bits which has one. */
    private static BigInteger whole(SchemaNode node, Number value) {
        if (node instanceof SchemaNode.PrimitiveNode column
                && column.logicalType() instanceof LogicalType.IntType type
                && !type.isSigned()) {
            return switch (type.bitWidth()) {
                case 64 -> new BigInteger(Long.toUnsignedString(value.longValue()));
                case 32 -> BigInteger.valueOf(Integer.toUnsignedLong(value.intValue()));
                case 16 -> BigInteger.valueOf(Short.toUnsignedInt(value.shortValue()));
                default -> BigInteger.valueOf(Byte.toUnsignedInt(value.byteValue()));
            };
        }
        return BigInteger.valueOf(value.longValue());
    }

    @Override
    long line() {
        return read;
    }

    @Override
    String text() {
        return text;
    }

    @Override
    long position() throws IOException {
        return total == 0 ? size() : (long) ((double) size() * read / total);
    }

    @Override
    public void close() throws IOException {
        watchdog.close();
        try (file;
                rows) {
            super.close();
        }
    }
}
