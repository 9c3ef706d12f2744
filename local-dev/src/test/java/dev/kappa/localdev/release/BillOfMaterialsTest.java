package dev.kappa.localdev.release;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BillOfMaterialsTest {

    /** As dpkg writes it. */
    private static final String STATUS = """
            Package: libstdc++6
            Status: install ok installed
            Architecture: amd64
            Source: gcc-14 (14.2.0-18)
            Version: 14.2.0-19
            Description: GNU Standard C++ Library v3
             This package contains: an additional runtime library.

            Package: removed
            Status: deinstall ok config-files
            Architecture: all
            Version: 1

            Package: zlib1g
            Status: install ok installed
            Architecture: amd64
            Version: 1:1.3.dfsg+really1.3.1-1+b1
            """;

    @Test
    void jdkAndInstalledPackagesAreAdded(@TempDir Path directory) throws Exception {
        Path bill = Files.writeString(
                directory.resolve("kappa.cdx.json"),
                "{\"bomFormat\": \"CycloneDX\", \"components\": [{\"type\": \"library\", \"name\": \"kafka-streams\"}]}");
        Files.writeString(directory.resolve("os-release"), "NAME=\"Debian GNU/Linux\"\nID=debian\nVERSION_ID=\"13\"\n");
        Files.writeString(directory.resolve("status"), STATUS);

        BillOfMaterials.main(new String[] {bill.toString(), System.getProperty("java.home"), directory.toString()});

        JsonNode components = new ObjectMapper().readTree(bill.toFile()).path("components");
        assertThat(components.findValuesAsText("name"))
                .containsExactly("kafka-streams", "openjdk", "debian", "libstdc++6", "zlib1g");
        assertThat(components.findValuesAsText("cpe"))
                .containsExactly("cpe:2.3:a:oracle:openjdk:" + System.getProperty("java.version") + ":*:*:*:*:*:*:*");
        assertThat(components.findValuesAsText("purl"))
                .containsExactly(
                        "pkg:deb/debian/libstdc%2B%2B6@14.2.0-19?arch=amd64&upstream=gcc-14%4014.2.0-18&distro=debian-13",
                        "pkg:deb/debian/zlib1g@1%3A1.3.dfsg%2Breally1.3.1-1%2Bb1?arch=amd64&upstream=zlib1g&distro=debian-13");
    }
}
