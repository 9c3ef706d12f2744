package dev.kappa.localdev.release;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Adds what Maven does not know to the bill of materials of the image: the JDK, and the Debian packages of the base image.
 *
 * <p>The format is <a href="https://cyclonedx.org/docs/1.6/json/">CycloneDX</a>. Scanners find vulnerabilities of a JDK by its CPE, and of
 * Debian packages by the source packages in their <a href="https://github.com/package-url/purl-spec">package URLs</a>.
 */
public final class BillOfMaterials {

    private static final ObjectMapper JSON = new ObjectMapper();

    private BillOfMaterials() {}

    /**
     * Changes the file of a bill of materials: {@code BillOfMaterials BILL JDK [BASE]}. {@code JDK} is the directory of the JDK. {@code BASE}
     * is a directory with the files {@code os-release} and {@code status} (of dpkg) of the base image.
     */
    public static void main(String[] args) throws IOException {
        Path file = Path.of(args[0]);
        ObjectNode bill = (ObjectNode) JSON.readTree(file.toFile());
        addJdk(bill, Files.readString(Path.of(args[1], "release")));
        if (args.length > 2) {
            Path base = Path.of(args[2]);
            addPackages(bill, Files.readString(base.resolve("os-release")), Files.readString(base.resolve("status")));
        }
        JSON.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), bill);
    }

    /**
     * Adds a JDK.
     *
     * @param release its file {@code release}
     */
    static void addJdk(ObjectNode bill, String release) {
        Map<String, String> jdk = variables(release);
        String version = required(jdk, "JAVA_VERSION");
        component(bill, "platform", "openjdk", jdk.getOrDefault("JAVA_RUNTIME_VERSION", version))
                .put("publisher", required(jdk, "IMPLEMENTOR"))
                .put("cpe", "cpe:2.3:a:oracle:openjdk:" + version + ":*:*:*:*:*:*:*")
                .put("bom-ref", "openjdk@" + version);
    }

    /**
     * Adds the operating system of the base image and its packages.
     *
     * @param osRelease its file {@code /etc/os-release}
     * @param status its file {@code /var/lib/dpkg/status}
     */
    static void addPackages(ObjectNode bill, String osRelease, String status) {
        Map<String, String> os = variables(osRelease);
        String distribution = required(os, "ID") + "-" + required(os, "VERSION_ID");
        component(bill, "operating-system", required(os, "ID"), required(os, "VERSION_ID"))
                .put("bom-ref", distribution);
        for (String paragraph : status.split("\n\n+", -1)) {
            Map<String, String> fields = fields(paragraph);
            if (!fields.getOrDefault("Status", "").endsWith(" installed")) {
                continue;
            }
            String name = required(fields, "Package");
            String version = required(fields, "Version");
            String url = "pkg:deb/" + required(os, "ID") + "/" + encoded(name) + "@" + encoded(version) + "?arch="
                    + required(fields, "Architecture") + upstream(fields) + "&distro=" + distribution;
            component(bill, "library", name, version).put("purl", url).put("bom-ref", url);
        }
    }

    /** The source package, by which Debian's advisories are written: {@code NAME} or {@code NAME (VERSION)}. */
    private static String upstream(Map<String, String> fields) {
        String source = fields.getOrDefault("Source", required(fields, "Package"));
        return "&upstream=" + encoded(source.replaceFirst(" \\((.*)\\)", "@$1"));
    }

    private static ObjectNode component(ObjectNode bill, String type, String name, String version) {
        ArrayNode components = bill.withArray("components");
        return components.addObject().put("type", type).put("name", name).put("version", version);
    }

    /** The fields of a paragraph; the further lines of a field begin with a space, and are left out. */
    private static Map<String, String> fields(String paragraph) {
        return paragraph
                .lines()
                .filter(line -> !line.startsWith(" ") && line.contains(": "))
                .map(line -> line.split(": ", 2))
                .collect(Collectors.toMap(field -> field[0], field -> field[1]));
    }

    /** Variables of a shell, {@code NAME="VALUE"}. */
    private static Map<String, String> variables(String text) {
        var variables = new TreeMap<String, String>();
        List<String> lines = text.lines().filter(line -> line.contains("=")).toList();
        for (String line : lines) {
            String[] variable = line.split("=", 2);
            variables.put(variable[0], variable[1].replaceAll("^[\"']|[\"']$", ""));
        }
        return variables;
    }

    private static String required(Map<String, String> values, String name) {
        String value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("There is no " + name + " in " + values);
        }
        return value;
    }

    /** Percent-encoded, as package URLs have it. */
    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
