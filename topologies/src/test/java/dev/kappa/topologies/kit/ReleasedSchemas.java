package dev.kappa.topologies.kit;

import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.apache.avro.SchemaFormatter;

/**
 * The schemas of a definition as they were when it was last released, each a file {@code
 * released-schemas/<full name>.avsc} among the resources of the tests. What was written with them stays in topics and stores,
 * so a newer definition has to be able to read it.
 */
final class ReleasedSchemas {

    private static final String DIRECTORY = "released-schemas";

    private ReleasedSchemas() {}

    /** What is wrong with a definition's schemas; a schema that was never released is not. */
    static List<String> faults(ViewDefinition definition) throws IOException {
        var faults = new ArrayList<String>();
        for (Schema schema : of(definition).values()) {
            String resource = DIRECTORY + "/" + schema.getFullName() + ".avsc";
            try (InputStream released = ReleasedSchemas.class.getClassLoader().getResourceAsStream(resource)) {
                if (released != null) {
                    faults.addAll(faults(schema, new Schema.Parser().parse(released)));
                }
            }
        }
        return faults;
    }

    /** What a schema cannot read of what was written with a released one. */
    static List<String> faults(Schema now, Schema released) {
        var compatibility = SchemaCompatibility.checkReaderWriterCompatibility(now, released);
        if (compatibility.getType() == SchemaCompatibilityType.COMPATIBLE) {
            return List.of();
        }
        return compatibility.getResult().getIncompatibilities().stream()
                .map(fault -> path(now, fault.getLocation()) + ": " + fault.getType() + ", " + fault.getMessage())
                .toList();
    }

    /** The place in a schema that Avro gives as numbers, {@code /fields/0/type}, by its names, {@code Count.count}. */
    private static String path(Schema root, String location) {
        var path = new StringBuilder(root.getFullName());
        Schema schema = root;
        Iterator<String> steps = Arrays.stream(location.split("/"))
                .filter(step -> !step.isEmpty())
                .iterator();
        while (steps.hasNext()) {
            String step = steps.next();
            if (step.equals("fields") && steps.hasNext()) {
                Schema.Field field = schema.getFields().get(Integer.parseInt(steps.next()));
                path.append('.').append(field.name());
                schema = field.schema();
            } else if (step.equals("items")) {
                schema = schema.getElementType();
            } else if (step.equals("values")) {
                schema = schema.getValueType();
            } else if (schema.isUnion() && !step.equals("type")) {
                schema = schema.getTypes().get(Integer.parseInt(step));
            }
        }
        return path.toString();
    }

    /** Keeps the schemas as those of a release. */
    static void write(ViewDefinition definition, Path resources) throws IOException {
        Path directory = Files.createDirectories(resources.resolve(DIRECTORY));
        for (Schema schema : of(definition).values()) {
            Files.writeString(
                    directory.resolve(schema.getFullName() + ".avsc"),
                    SchemaFormatter.format("json/pretty", schema) + "\n");
        }
    }

    /** All record schemas of a definition, by name. */
    private static Map<String, Schema> of(ViewDefinition definition) {
        var schemas = new ArrayList<Schema>();
        definition.inputs().forEach(input -> schemas.add(input.schema().schema()));
        for (Store<?, ?> store : definition.stores()) {
            schemas.add(store.key().schema());
            schemas.add(store.valueSchema());
        }
        schemas.add(definition.output().key().schema());
        schemas.add(definition.output().value().schema());
        var named = new LinkedHashMap<String, Schema>();
        schemas.stream()
                .filter(schema -> schema.getType() == Schema.Type.RECORD)
                .forEach(schema -> named.put(schema.getFullName(), schema));
        return named;
    }
}
