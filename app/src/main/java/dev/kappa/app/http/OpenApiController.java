package dev.kappa.app.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.security.Caller;
import dev.kappa.app.security.Role;
import dev.kappa.reprocessing.catalog.Definitions;
import dev.kappa.topologies.ViewDefinition;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import java.util.List;
import java.util.Optional;

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

    private final List<ViewDefinition> views;
    private final ObjectNode ofAllViews;
    private final ObjectNode ofNone = OpenApi.of(List.of());

    OpenApiController(Definitions definitions) {
        this.views = definitions.all();
        this.ofAllViews = OpenApi.of(views);
    }

    /** Describes the views that the caller may read; none to whom is not known. */
    @Get("/openapi.json")
    ObjectNode document(HttpRequest<?> request) {
        Optional<Caller> caller = request.getAttribute(Caller.ATTRIBUTE, Caller.class);
        List<ViewDefinition> readable = views.stream()
                .filter(view -> caller.filter(known -> known.may(Role.READER, view.name()))
                        .isPresent())
                .toList();
        if (readable.isEmpty()) {
            return ofNone;
        }
        return readable.size() == views.size() ? ofAllViews : OpenApi.of(readable);
    }

    @Get("/docs")
    @Produces(MediaType.TEXT_HTML)
    String page() {
        return PAGE;
    }
}
