package dev.kappa.avro;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DatumReader;
import org.apache.avro.io.Decoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.errors.SerializationException;
import org.jspecify.annotations.Nullable;

/**
 * Converts values whose logical type the writer and the reader of a record declare differently.
 *
 * <p>Avro's schema resolution compares the underlying types only. It would read a decimal of scale 4 with the scale 2 of the
 * reader, and microseconds as milliseconds. This class rescales decimals exactly and converts times to the reader's unit; a
 * time that is more precise than the reader's unit is rounded down to it. A {@code local-timestamp} is taken as UTC. It refuses
 * whatever has no exact meaning to the reader, such as a decimal from text or from a number without a scale.
 *
 * <p>Immutable and thread-safe.
 *
 * @see <a href="https://avro.apache.org/docs/1.12.0/specification/#schema-resolution">Avro's schema resolution</a>
 */
final class LogicalTypeConversion {

    /** Units of the logical types that are instants, or local times taken as UTC. */
    private static final Map<String, TimeUnit> TIMESTAMPS = Map.of(
            "timestamp-millis", TimeUnit.MILLISECONDS,
            "timestamp-micros", TimeUnit.MICROSECONDS,
            "timestamp-nanos", TimeUnit.NANOSECONDS,
            "local-timestamp-millis", TimeUnit.MILLISECONDS,
            "local-timestamp-micros", TimeUnit.MICROSECONDS,
            "local-timestamp-nanos", TimeUnit.NANOSECONDS);

    /** Units of the logical types that are times of a day. */
    private static final Map<String, TimeUnit> TIMES_OF_DAY =
            Map.of("time-millis", TimeUnit.MILLISECONDS, "time-micros", TimeUnit.MICROSECONDS);

    /** Decodes and encodes underlying values, without logical types. */
    private static final GenericData UNDERLYING = new GenericData();

    /**
     * A part of the reader's schema as the writer's values fit it.
     *
     * @param schema the reader's schema with the writer's logical types
     * @param conversion turns a value of that schema into one of the reader's; empty where nothing differs
     */
    private record Part(Schema schema, Optional<UnaryOperator<Object>> conversion) {

        Part(Schema schema, UnaryOperator<Object> conversion) {
            this(schema, Optional.of(conversion));
        }

        boolean isSame() {
            return conversion.isEmpty();
        }

        Object convert(Object value) {
            return conversion.map(function -> function.apply(value)).orElse(value);
        }
    }

    private final Schema writer;
    private final Schema reader;
    private final Part root;

    private LogicalTypeConversion(Schema writer, Schema reader, Part root) {
        this.writer = writer;
        this.reader = reader;
        this.root = root;
    }

    /**
     * The conversion between two schemas.
     *
     * @return empty when Avro's own resolution reads every value right
     * @throws SerializationException naming the field, when values of the writer have no exact meaning to the reader
     */
    static Optional<LogicalTypeConversion> between(Schema writer, Schema reader) {
        Part root = new Walk().part(writer, reader, reader.getFullName());
        return root.isSame() ? Optional.empty() : Optional.of(new LogicalTypeConversion(writer, reader, root));
    }

    /**
     * A reader of records.
     *
     * @param read reads records that are encoded with the reader's schema
     */
    <T> DatumReader<T> reader(DatumReader<T> read) {
        // Its state belongs to one reader; the schemas are shared.
        var underlying = new GenericDatumReader<Object>(writer, root.schema(), UNDERLYING);
        var written = new GenericDatumWriter<Object>(reader, UNDERLYING);
        return new DatumReader<>() {
            @Override
            public void setSchema(Schema schema) {
                throw new UnsupportedOperationException("The schemas of a conversion are fixed");
            }

            @Override
            public T read(@Nullable T reuse, Decoder in) throws IOException {
                Object value = root.convert(underlying.read(null, in));
                var bytes = new ByteArrayOutputStream();
                BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
                written.write(value, encoder);
                encoder.flush();
                return read.read(reuse, DecoderFactory.get().binaryDecoder(bytes.toByteArray(), null));
            }
        };
    }

    /** One comparison of a writer's schema with a reader's. */
    private static final class Walk {

        /** Pairs of records that are being compared: a record may contain itself. */
        private final Set<String> open = new HashSet<>();

        private final Set<String> recursive = new HashSet<>();

        Part part(Schema writer, Schema reader, String path) {
            if (reader.getType() == Schema.Type.UNION) {
                return union(writer, reader, path);
            }
            if (writer.getType() == Schema.Type.UNION) {
                // A value of another branch fails when it is read; of those that can be read, all must agree.
                return oneOf(
                        writer.getTypes().stream()
                                .filter(branch -> isCandidate(branch, reader))
                                .toList(),
                        reader,
                        path);
            }
            return switch (reader.getType()) {
                case RECORD -> writer.getType() == Schema.Type.RECORD ? record(writer, reader, path) : same(reader);
                case ARRAY -> {
                    if (writer.getType() != Schema.Type.ARRAY) {
                        yield same(reader);
                    }
                    Part element = part(writer.getElementType(), reader.getElementType(), path + "[]");
                    yield element.isSame()
                            ? same(reader)
                            : new Part(Schema.createArray(element.schema()), value -> elements(element, value));
                }
                case MAP -> {
                    if (writer.getType() != Schema.Type.MAP) {
                        yield same(reader);
                    }
                    Part element = part(writer.getValueType(), reader.getValueType(), path + "{}");
                    yield element.isSame()
                            ? same(reader)
                            : new Part(Schema.createMap(element.schema()), value -> values(element, value));
                }
                default -> leaf(writer, reader, path);
            };
        }

        private static Part same(Schema reader) {
            return new Part(reader, Optional.empty());
        }

        private Part record(Schema writer, Schema reader, String path) {
            String pair = SchemaNormalization.parsingFingerprint64(writer) + " " + reader.getFullName();
            if (!open.add(pair)) {
                recursive.add(pair);
                return same(reader);
            }
            var parts = new ArrayList<Part>();
            for (Schema.Field field : reader.getFields()) {
                Schema.Field written = written(writer, field);
                parts.add(
                        written == null
                                ? same(field.schema())
                                : part(written.schema(), field.schema(), path + "." + field.name()));
            }
            open.remove(pair);
            if (parts.stream().allMatch(Part::isSame)) {
                return same(reader);
            }
            if (recursive.contains(pair)) {
                throw new SerializationException(
                        path + " contains itself, and its logical types differ from those of " + reader.getFullName());
            }
            var fields = new ArrayList<Schema.Field>();
            for (Schema.Field field : reader.getFields()) {
                var adapted = new Schema.Field(field, parts.get(field.pos()).schema());
                field.aliases().forEach(adapted::addAlias);
                fields.add(adapted);
            }
            Schema adapted = Schema.createRecord(reader.getName(), null, reader.getNamespace(), false, fields);
            return new Part(adapted, value -> fields(parts, (IndexedRecord) value));
        }

        private static Schema.@Nullable Field written(Schema writer, Schema.Field field) {
            Schema.Field same = writer.getField(field.name());
            return same != null
                    ? same
                    : field.aliases().stream()
                            .map(writer::getField)
                            .filter(Objects::nonNull)
                            .findFirst()
                            .orElse(null);
        }

        private Part union(Schema writer, Schema reader, String path) {
            List<Schema> branches = writer.getType() == Schema.Type.UNION ? writer.getTypes() : List.of(writer);
            var parts = new ArrayList<Part>();
            for (Schema branch : reader.getTypes()) {
                List<Schema> exact = branches.stream()
                        .filter(written -> written.getType() == branch.getType()
                                && Objects.equals(nameOf(written), nameOf(branch)))
                        .toList();
                List<Schema> candidates = exact.isEmpty()
                        ? branches.stream()
                                .filter(written -> isCandidate(written, branch))
                                .toList()
                        : exact;
                parts.add(oneOf(candidates, branch, path));
            }
            if (parts.stream().allMatch(Part::isSame)) {
                return same(reader);
            }
            Schema adapted = Schema.createUnion(parts.stream().map(Part::schema).toList());
            return new Part(
                    adapted,
                    value -> parts.get(UNDERLYING.resolveUnion(adapted, value)).convert(value));
        }

        private static @Nullable String nameOf(Schema schema) {
            return switch (schema.getType()) {
                case RECORD, ENUM, FIXED -> schema.getName();
                default -> null;
            };
        }

        /** Whether Avro, or a conversion of decimals, could read values of the one as the other. */
        private static boolean isCandidate(Schema written, Schema read) {
            if (written.getType() == read.getType()) {
                return true;
            }
            return switch (read.getType()) {
                case LONG -> written.getType() == Schema.Type.INT;
                case FLOAT -> written.getType() == Schema.Type.INT || written.getType() == Schema.Type.LONG;
                case DOUBLE ->
                    written.getType() == Schema.Type.INT
                            || written.getType() == Schema.Type.LONG
                            || written.getType() == Schema.Type.FLOAT;
                case STRING -> written.getType() == Schema.Type.BYTES;
                case BYTES ->
                    written.getType() == Schema.Type.STRING || written.getLogicalType() instanceof LogicalTypes.Decimal;
                case FIXED -> written.getLogicalType() instanceof LogicalTypes.Decimal;
                default -> false;
            };
        }

        private Part oneOf(List<Schema> written, Schema reader, String path) {
            List<Part> parts =
                    written.stream().map(branch -> part(branch, reader, path)).toList();
            if (parts.stream().allMatch(Part::isSame)) {
                return same(reader);
            }
            if (parts.size() > 1) {
                throw new SerializationException(
                        path + " is a union of several types that differ from the reader's " + describe(reader));
            }
            return parts.getFirst();
        }

        private static Part leaf(Schema writer, Schema reader, String path) {
            LogicalType wanted = reader.getLogicalType();
            LogicalType written = writer.getLogicalType();
            if (wanted == null) {
                if (written instanceof LogicalTypes.Decimal && writer.getType() != reader.getType()) {
                    throw refused(writer, reader, path);
                }
                return same(reader);
            }
            if (wanted instanceof LogicalTypes.Decimal decimal) {
                if (!(written instanceof LogicalTypes.Decimal from)) {
                    throw refused(writer, reader, path);
                }
                boolean isSame = from.getScale() == decimal.getScale()
                        && writer.getType() == reader.getType()
                        && (writer.getType() != Schema.Type.FIXED || writer.getFixedSize() == reader.getFixedSize());
                return isSame
                        ? same(reader)
                        : new Part(writer, value -> LogicalValues.rescaled(value, from, reader, path));
            }
            Part timestamp = time(TIMESTAMPS, writer, reader, path);
            Part time = timestamp == null ? time(TIMES_OF_DAY, writer, reader, path) : timestamp;
            if (time != null) {
                return time;
            }
            if (written != null && !written.getName().equals(wanted.getName())) {
                throw refused(writer, reader, path);
            }
            return same(reader);
        }

        private static @Nullable Part time(Map<String, TimeUnit> units, Schema writer, Schema reader, String path) {
            TimeUnit to = units.get(reader.getLogicalType().getName());
            if (to == null) {
                return null;
            }
            if (writer.getLogicalType() == null) {
                // Many clients leave the logical type out; the same number is then meant.
                if (writer.getType() == reader.getType()) {
                    return same(reader);
                }
                throw refused(writer, reader, path);
            }
            TimeUnit from = units.get(writer.getLogicalType().getName());
            if (from == null) {
                throw refused(writer, reader, path);
            }
            return from == to
                    ? same(reader)
                    : new Part(writer, value -> LogicalValues.converted((Number) value, from, reader, to, path));
        }

        private static SerializationException refused(Schema writer, Schema reader, String path) {
            return new SerializationException(path + " is written as " + describe(writer)
                    + ", which cannot be read exactly as " + describe(reader));
        }

        private static String describe(Schema schema) {
            LogicalType logicalType = schema.getLogicalType();
            String type = schema.getType().getName();
            return switch (logicalType) {
                case null -> type + " without a logical type";
                case LogicalTypes.Decimal decimal ->
                    type + " decimal(" + decimal.getPrecision() + "," + decimal.getScale() + ")";
                default -> type + " " + logicalType.getName();
            };
        }
    }

    private static Object fields(List<Part> parts, IndexedRecord record) {
        for (int field = 0; field < parts.size(); field++) {
            Part part = parts.get(field);
            if (!part.isSame()) {
                record.put(field, part.convert(record.get(field)));
            }
        }
        return record;
    }

    private static Object elements(Part element, Object value) {
        var converted = new ArrayList<Object>();
        ((Iterable<?>) value).forEach(one -> converted.add(element.convert(one)));
        return converted;
    }

    private static Object values(Part element, Object value) {
        var converted = new HashMap<Object, Object>();
        ((Map<?, ?>) value).forEach((key, one) -> converted.put(key, element.convert(one)));
        return converted;
    }
}
