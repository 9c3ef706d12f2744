package dev.kappa.localdev;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.kappa.localdev.fixtures.LocalCluster;
import dev.kappa.localdev.fixtures.Posts;
import dev.kappa.localdev.sample.SampleFeed;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
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

    /** Events arrive all the time. */
    private static Optional<SampleFeed> feed = Optional.empty();

    @BeforeAll
    static void start() throws Exception {
        assumeTrue(
                Files.isExecutable(BROWSER) && Files.isExecutable(DRIVER),
                "Chromium is not installed (Debian: chromium, chromium-driver)");
        cluster = new LocalCluster(directory).startBrokerAndRegistry();
        cluster.startApp(PARAMETERS);
        new Posts().loadHistory(cluster, directory, 1_000);
        feed = Optional.of(SampleFeed.start(cluster.kafka(), cluster.registry(), 50));
    }

    @AfterAll
    static void stop() {
        feed.ifPresent(SampleFeed::close);
        if (cluster != null) {
            cluster.close();
        }
    }

    /** A browser on a page of the console. */
    private static final class Browser implements AutoCloseable {

        private final ChromeDriver driver;

        Browser(String fragment) {
            this(cluster.appUri("/" + fragment), List.of());
        }

        Browser(URI page, List<String> arguments) {
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
            options.addArguments(arguments);
            driver = new ChromeDriver(
                    new ChromeDriverService.Builder()
                            .usingDriverExecutable(DRIVER.toFile())
                            .build(),
                    options);
            driver.get(page.toString());
        }

        void open(String fragment) {
            String address = driver.getCurrentUrl();
            driver.get(address.substring(0, address.indexOf('#') < 0 ? address.length() : address.indexOf('#'))
                    + fragment);
        }

        void follow(String link) {
            await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                driver.findElement(By.linkText(link)).click();
                return true;
            });
        }

        List<String> buttons() {
            return driver.findElements(By.cssSelector("main button, main a.button")).stream()
                    .map(WebElement::getText)
                    .toList();
        }

        /** Only tables and graphs may be wider than the page, and scroll by themselves. */
        void assertFits() {
            assertThat(driver.executeScript("return document.documentElement.scrollWidth - window.innerWidth"))
                    .asInstanceOf(InstanceOfAssertFactories.LONG)
                    .isLessThanOrEqualTo(0);
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
            browser.follow("hashtag-trends");
            browser.click("New replay");
            browser.type("set-window", "PT10M");
            browser.click("Show the plan");
            browser.awaitText("parameter window: PT1H -> PT10M");
            browser.assertAccessible();
            browser.picture("plan");
            browser.click("Start version 2");
            browser.awaitNoDialog();
            browser.awaitText("CAUGHT_UP");
            browser.awaitText("v2 records read / s");
            browser.picture("versions");
            browser.follow("Topology");
            browser.awaitText("aggregate-counts");
            await().atMost(PATIENCE)
                    .until(() -> browser.driver
                                    .findElements(By.cssSelector("section.card svg"))
                                    .size()
                            == 2);
            browser.awaitText("/s");
            browser.assertAccessible();
            browser.assertFits();
            browser.picture("topology");
            browser.follow("Versions");
            browser.follow("Compare with version 1");
            browser.awaitText("only in version 2");
            browser.awaitText("have other windows");
            browser.assertAccessible();
            browser.picture("comparison");
            browser.follow("Versions");

            // Another operator, in a browser of their own, switches while this one looks at the question.
            browser.click("Switch readers");
            try (var other = new Browser("#/views/hashtag-trends")) {
                other.click("Switch readers");
                other.click("Switch readers to version 2");
                other.awaitNoDialog();
                other.awaitText("Switch back");
            }
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
            browser.follow("Audit trail");
            browser.awaitText("replay retire hashtag-trends");
            browser.assertAccessible();
            browser.follow("Dead letters");
            browser.awaitText("hashtag-trends.v2 no longer runs.");
            browser.assertAccessible();
            assertThat(cluster.json("/api/v1/views/hashtag-trends/history")
                            .path("changes")
                            .findValuesAsText("operator"))
                    .contains("console");
        }
    }

    @Test
    void everyPageIsAccessibleAndFitsNarrowScreensAndDarkRooms() throws Exception {
        for (List<String> arguments : List.of(
                List.<String>of(),
                List.of("--window-size=500,900", "--force-dark-mode", "--blink-settings=preferredColorScheme=0"))) {
            try (var browser = new Browser(cluster.appUri("/"), arguments)) {
                browser.awaitText("visitor-sessions");
                browser.awaitText("7 views");
                check(browser, "overview", arguments.isEmpty());
                browser.open("#/system");
                browser.awaitText("device-locations");
                check(browser, "system", arguments.isEmpty());
                browser.open("#/fleet");
                browser.awaitText("RUNNING");
                browser.driver
                        .findElement(By.xpath("//summary[contains(., 'sensor-averages.v1')]"))
                        .click();
                browser.awaitText("0–3");
                check(browser, "fleet", arguments.isEmpty());
                browser.open("#/views/author-mood/dead-letters");
                browser.awaitText("Sent from the future");
                check(browser, "dead-letters", arguments.isEmpty());
                browser.open("#/views/sensor-averages/query");
                browser.click("Ask");
                browser.awaitText("kappa query sensor-averages averages");
                check(browser, "query", arguments.isEmpty());
            }
        }
    }

    private static void check(Browser browser, String page, boolean isPicture) throws IOException {
        browser.assertAccessible();
        browser.assertFits();
        if (isPicture) {
            browser.picture(page);
        }
    }

    @Test
    void resultsOfAKeyAreQueriedChartedAndFollowed() throws Exception {
        try (var browser = new Browser("#/views/hashtag-trends/query")) {
            await().atMost(PATIENCE).ignoreExceptions().until(() -> {
                browser.driver
                        .findElement(By.cssSelector("#query option[value=windows-of-key]"))
                        .click();
                return true;
            });
            browser.type("query-key", "kafka");
            browser.click("Ask");
            browser.awaitText("curl 'http");
            browser.awaitText("kappa query hashtag-trends counts kafka --limit 20");
            browser.click("Follow");
            browser.awaitText("The newest first.");
            browser.assertAccessible();
            browser.click("Stop");
        }
    }

    @Test
    void deadLettersAreResentOnce() throws Exception {
        try (var browser = new Browser("#/views/hashtag-trends/dead-letters")) {
            browser.awaitText("Sent from the future");
            browser.driver
                    .findElement(By.cssSelector("tbody input[type=checkbox]:enabled"))
                    .click();
            browser.click("Resend 1 letter");
            browser.awaitText("Sent 1 record again.");
            browser.awaitText("resent ");
        }
    }

    @Test
    @Tag("soak")
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

    private static String line(String caller, String roles) throws GeneralSecurityException {
        byte[] sum =
                MessageDigest.getInstance("SHA-256").digest(("token-of-" + caller).getBytes(StandardCharsets.UTF_8));
        return caller + " " + HexFormat.of().formatHex(sum) + " " + roles + "\n";
    }

    /** The page of an instance that asks for tokens, behind a path prefix as that of an ingress. */
    @Test
    @Tag("soak")
    void eachRoleSeesWhatItMayDoAlsoBehindAPathPrefix() throws Exception {
        Path tokens = Files.writeString(
                directory.resolve("tokens"),
                line("reader", "reader")
                        + line("operator", "operator")
                        + line("admin", "admin")
                        + line("moody", "reader:author-mood"));
        Path secret = Files.writeString(directory.resolve("secret"), "a secret of more than thirty-two characters\n");
        try (var instance = cluster.startAnotherApp(
                        PARAMETERS,
                        "-Dkappa.security.mode=tokens",
                        "-Dkappa.security.tokens-file=" + tokens,
                        "-Dkappa.security.fleet-secret-file=" + secret);
                var proxy = new PrefixProxy("/tools/kappa", instance.uri("/"))) {
            for (String caller : List.of("reader", "operator", "admin", "moody")) {
                try (var browser = new Browser(proxy.uri("/"), List.of())) {
                    browser.awaitText("This instance asks for a bearer token");
                    browser.assertAccessible();
                    browser.type("token", "nonsense");
                    browser.click("Sign in");
                    browser.awaitText("invalid or has expired");
                    browser.driver.findElement(By.id("token")).clear();
                    browser.type("token", "token-of-" + caller);
                    browser.click("Sign in");
                    browser.awaitText(caller.equals("moody") ? "1 views" : "7 views");
                    browser.open("#/views/author-mood");
                    browser.awaitText("Readers get its results.");
                    boolean isOperator = caller.equals("operator") || caller.equals("admin");
                    assertThat(browser.buttons().contains("New replay")).isEqualTo(isOperator);
                    assertThat(browser.driver
                                    .findElements(By.linkText("Dead letters"))
                                    .isEmpty())
                            .isEqualTo(!isOperator);
                    browser.open("#/views/sensor-averages");
                    browser.awaitText(
                            caller.equals("moody")
                                    ? "moody is no reader of view sensor-averages"
                                    : "Readers get its results.");
                    // No secret is left in the browser.
                    assertThat(browser.driver.executeScript(
                                    "return localStorage.length + sessionStorage.length + document.cookie.length"))
                            .isEqualTo(0L);
                }
            }
        }
    }

    /** A hundred views, made from the seven by the page's own requests: each is multiplied before the page sees it. */
    @Test
    void aHundredViewsAreShown() throws Exception {
        try (var browser = new Browser("")) {
            browser.driver.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", Map.of("source", """
                    const real = window.fetch;
                    window.fetch = async (address, options) => {
                      const answer = await real(address, options);
                      if (!String(address).endsWith('/api/v1/events')) return answer;
                      const stream = answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(new TransformStream({
                        transform(text, controller) {
                          controller.enqueue(text.replace(/data: (.*)/g, (line, data) => {
                            const event = JSON.parse(data);
                            event.views = event.views.flatMap(view => Array.from({ length: 15 }, (_, i) => ({ ...view, name: view.name + '-' + i })));
                            return 'data: ' + JSON.stringify(event);
                          }));
                        },
                      })).pipeThrough(new TextEncoderStream());
                      return new Response(stream, { headers: answer.headers });
                    };
                    """));
            browser.driver.navigate().refresh();
            browser.awaitText("105 views");
            browser.assertFits();
            browser.open("#/system");
            browser.awaitText("visitor-sessions-14");
            browser.assertFits();
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

    /** Forwards what is below a path prefix, as an ingress does, piece by piece. */
    private static final class PrefixProxy implements AutoCloseable {

        private final HttpServer server;
        private final HttpClient client = HttpClient.newHttpClient();
        private final String prefix;

        PrefixProxy(String prefix, URI target) throws IOException {
            this.prefix = prefix;
            this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            server.createContext(prefix + "/", exchange -> {
                try (exchange) {
                    forward(exchange, target);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            server.start();
        }

        URI uri(String path) {
            return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + prefix + path);
        }

        private void forward(HttpExchange exchange, URI target) throws IOException, InterruptedException {
            String path = exchange.getRequestURI().toString().substring(prefix.length());
            var request = HttpRequest.newBuilder(target.resolve(path))
                    .method(
                            exchange.getRequestMethod(),
                            HttpRequest.BodyPublishers.ofByteArray(
                                    exchange.getRequestBody().readAllBytes()));
            for (String header : List.of("Authorization", "Accept", "Content-Type")) {
                Optional.ofNullable(exchange.getRequestHeaders().getFirst(header))
                        .ifPresent(value -> request.header(header, value));
            }
            HttpResponse<InputStream> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            answer.headers()
                    .firstValue("Content-Type")
                    .ifPresent(type -> exchange.getResponseHeaders().set("Content-Type", type));
            answer.headers()
                    .firstValue("Content-Security-Policy")
                    .ifPresent(policy -> exchange.getResponseHeaders().set("Content-Security-Policy", policy));
            exchange.sendResponseHeaders(answer.statusCode(), 0);
            try (InputStream body = answer.body();
                    OutputStream out = exchange.getResponseBody()) {
                byte[] piece = new byte[8192];
                for (int read = body.read(piece); read >= 0; read = body.read(piece)) {
                    out.write(piece, 0, read);
                    out.flush();
                }
            }
        }

        @Override
        public void close() {
            server.stop(0);
            client.shutdownNow();
        }
    }
}
