package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/** The console in a real browser, by clicks, where Chromium and its driver are installed. */
class ConsoleIT {

    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Path BROWSER = Path.of("/usr/bin/chromium");
    private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
    private static final Path HOME = Path.of(System.getProperty("kappa.home", ".."));
    private static final Map<String, String> PARAMETERS = Map.of();

    @TempDir
    static Path directory = Path.of("");

    @SuppressWarnings("NullAway.Init")
    private static LocalCluster cluster;

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(
                Files.isExecutable(BROWSER) && Files.isExecutable(DRIVER),
                "Chromium is not installed (Debian: chromium, chromium-driver)");
        cluster = new LocalCluster(directory).startBrokerAndRegistry();
        cluster.startApp(PARAMETERS);
        new Posts().loadHistory(cluster, directory, 1_000);
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    /** A browser on a page of the console. */
    private static final class Browser implements AutoCloseable {

        private final ChromeDriver driver;

        Browser(String fragment) {
            var options = new ChromeOptions();
            options.setBinary(BROWSER.toFile());
            options.addArguments(
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--window-size=1200,1000");
            driver = new ChromeDriver(
                    new ChromeDriverService.Builder()
                            .usingDriverExecutable(DRIVER.toFile())
                            .build(),
                    options);
            driver.get(cluster.appUri("/" + fragment).toString());
        }

        void awaitText(String text) {
            await().atMost(PATIENCE)
                    .ignoreExceptions()
                    .until(() ->
                            driver.findElement(By.tagName("body")).getText().contains(text));
        }

        /** Clicks the button with a text, in the dialog if there is one, once it can be clicked. */
        void click(String text) {
            await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                List<WebElement> dialogs = driver.findElements(By.tagName("dialog"));
                WebElement within = dialogs.isEmpty() ? driver.findElement(By.tagName("body")) : dialogs.getLast();
                WebElement button = within.findElement(By.xpath(".//button[normalize-space()='" + text + "']"));
                button.click();
                return true;
            });
        }

        void type(String id, String text) {
            await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                driver.findElement(By.id(id)).sendKeys(text);
                return true;
            });
        }

        void awaitNoDialog() {
            await().atMost(PATIENCE)
                    .until(() -> driver.findElements(By.tagName("dialog")).isEmpty());
        }

        /** Runs axe on the page as it is; there must be no violation. */
        void assertAccessible() throws IOException {
            try (InputStream file = Objects.requireNonNull(
                    ConsoleIT.class.getResourceAsStream("/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js"))) {
                driver.executeScript(new String(file.readAllBytes(), StandardCharsets.UTF_8));
            }
            Object violations = driver.executeAsyncScript("const done = arguments[arguments.length - 1];"
                    + " axe.run().then(found => done(found.violations.map(one => one.id + ': '"
                    + " + one.nodes.map(node => node.html).join(' '))));");
            assertThat((List<?>) violations).isEmpty();
        }

        /** With {@code -Dkappa.docs=write}, keeps a picture of the page for the documentation. */
        void picture(String name) throws IOException {
            if ("write".equals(System.getProperty("kappa.docs"))) {
                Path pictures = Files.createDirectories(HOME.resolve("docs/console"));
                Files.write(pictures.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
            }
        }

        @Override
        public void close() {
            driver.quit();
        }
    }

    @Test
    void wholeLifeOfAReplayByClicks() throws Exception {
        try (var browser = new Browser("")) {
            browser.awaitText("hashtag-trends");
            browser.assertAccessible();
            browser.picture("overview");
            browser.driver.findElement(By.linkText("hashtag-trends")).click();
            browser.click("New replay");
            browser.type("set-window", "PT10M");
            browser.click("Show the plan");
            browser.awaitText("parameter window: PT1H -> PT10M");
            browser.assertAccessible();
            browser.picture("plan");
            browser.click("Start version 2");
            browser.awaitNoDialog();
            browser.awaitText("CAUGHT_UP");
            browser.click("Compare with version 1");
            browser.awaitText("only in version 2");
            browser.awaitText("their results have other windows");
            browser.assertAccessible();
            browser.picture("comparison");
            browser.click("Close");
            browser.awaitNoDialog();

            // Another operator switches while this one looks at the question.
            browser.click("Switch readers");
            assertThat(cluster.kappa("replay", "switch", "hashtag-trends")).isZero();
            browser.click("Switch readers to version 2");
            browser.awaitText("is the active version already");
            browser.click("Cancel");
            browser.awaitNoDialog();

            browser.click("Switch back");
            browser.click("Switch readers back to version 1");
            browser.awaitNoDialog();
            assertThat(cluster.json("/api/v1/views/hashtag-trends")
                            .path("activeVersion")
                            .asInt())
                    .isEqualTo(1);
            browser.click("Retire");
            browser.awaitText("kappa.hashtag-trends.v2");
            browser.type("typed", "hashtag-trends.v2");
            browser.click("Retire version 2");
            browser.awaitNoDialog();
            browser.awaitText("version 2 (RETIRED)");
            browser.assertAccessible();
            assertThat(cluster.json("/api/v1/views/hashtag-trends/history")
                            .path("changes")
                            .findValuesAsText("operator"))
                    .contains("console");
        }
    }

    @Test
    void lostConnectionIsShownAndRecovers() throws Exception {
        try (var browser = new Browser("")) {
            browser.awaitText("hashtag-trends");
            cluster.app().kill();
            browser.awaitText("Not up to date");
            cluster.startApp(PARAMETERS);
            await().atMost(PATIENCE)
                    .until(() -> browser.driver
                            .findElement(By.cssSelector("[role=status]"))
                            .getText()
                            .isEmpty());
        }
    }

    @Test
    void pageRunsNoScriptsButItsOwn() throws Exception {
        HttpResponse<String> page = cluster.get("/");
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .startsWith("default-src 'none'")
                .contains("frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(page.body()).doesNotContain("<style").doesNotContain("<script>");
    }
}
