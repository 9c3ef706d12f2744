package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.reprocessing.catalog.Definitions;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;

/** The description of this interface, for machines and, as a page, for people. */
@Controller
final class OpenApiController {

    /** The page loads nothing from elsewhere: its scripts and styles are served by the app. */
    private static final String PAGE = """
            <!doctype html>
            <html lang="en">
            <head>
              <meta charset="utf-8">
              <title>Kappa: HTTP interface</title>
              <link rel="icon" href="data:,">
              <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
            </head>
            <body>
              <div id="page"></div>
              <script src="/docs/assets/swagger-ui-bundle.js"></script>
              <script>
                SwaggerUIBundle({url: "/openapi.json", dom_id: "#page", deepLinking: true, validatorUrl: null});
              </script>
            </body>
            </html>
            """;

    private final ObjectNode document;

    OpenApiController(Definitions definitions) {
        this.document = OpenApi.of(definitions);
    }

    @Get("/openapi.json")
    ObjectNode document() {
        return document;
    }

    @Get("/docs")
    @Produces(MediaType.TEXT_HTML)
    String page() {
        return PAGE;
    }
}
