package dev.kappa.app.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

/** The table in {@code docs/configuration.md} is the table of settings. Written anew with {@code -Dkappa.golden=write}. */
class SettingsPageTest {

    private static final Path PAGE = Path.of("..", "docs", "configuration.md");
    private static final String BEGIN = "<!-- made by SettingsPageTest from the table of settings -->\n";
    private static final String END = "<!-- end -->\n";
    private static final String HEAD = "\n| setting | default | environment | meaning |\n|---|---|---|---|\n";

    @Test
    void pageListsAllSettings() throws Exception {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END, begin);
        assertThat(begin).isGreaterThanOrEqualTo(BEGIN.length());
        String table = HEAD + String.join("\n", Settings.documentation()) + "\n\n";
        if ("write".equals(System.getProperty("kappa.golden"))) {
            Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(end));
            return;
        }
        assertThat(page.substring(begin, end))
                .as("mvn -B -pl app -am test -Dtest=SettingsPageTest -Dsurefire.failIfNoSpecifiedTests=false"
                        + " -Dkappa.golden=write writes it anew")
                .isEqualTo(table);
    }

    @Test
    void everyDefaultIsAccepted() {
        for (Setting<?> setting : Settings.ALL) {
            assertThat(setting.of(new HashMap<>())).as(setting.key()).isNotNull();
        }
    }

    @Test
    void everyVariableStandsForItsSetting() {
        for (Setting<?> setting : Settings.ALL) {
            assertThat(KappaConfig.keyOfVariable(setting.variable())).hasValue(setting.key());
        }
    }
}
