package dev.kappa.app.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.app.instance.CurrentInstance;
import dev.kappa.app.instance.RunningInstance;
import dev.kappa.app.query.ConcurrencyLimit;
import dev.kappa.app.security.Role;
import dev.kappa.reprocessing.cluster.ClusterNames;
import dev.kappa.reprocessing.deadletters.DeadLetter;
import dev.kappa.reprocessing.deadletters.DeadLetterBox;
import dev.kappa.reprocessing.deadletters.ResendChoice;
import dev.kappa.reprocessing.reader.ResultJson;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.scheduling.TaskExecutors;
import io.micronaut.scheduling.annotation.ExecuteOn;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;

/** The dead letters of a view. They hold records of inputs, so that a reader of results may not see them. */
@Controller("/api/v1/views/{view}/dead-letters")
@ExecuteOn(TaskExecutors.BLOCKING)
final class DeadLettersController {

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** Each reads a part of a topic. */
    private static final int MAX_READS = 4;

    /** Bytes of a key or value that are shown. */
    private static final int SHOWN_BYTES = 256;

    /** Characters of a decoded value that are shown; a longer one is cut. */
    private static final int SHOWN_CHARACTERS = 4_000;

    /** The body that asks for all letters. */
    private static final JsonNode ALL = NODES.objectNode().put("all", true);

    private final ConcurrencyLimit reads = new ConcurrencyLimit(
            MAX_READS, "This instance answers " + MAX_READS + " requests about dead letters already");

    private final VersionLookup lookup;
    private final CurrentInstance instance;
    private final ClusterNames names;

    DeadLettersController(VersionLookup lookup, CurrentInstance instance, ClusterNames names) {
        this.lookup = lookup;
        this.instance = instance;
        this.names = names;
    }

    @Get
    @RequiresRole(Role.OPERATOR)
    HttpResponse<?> list(HttpRequest<?> request, String view) {
        QueryParameters parameters = QueryParameters.of(request, HttpParameter.OF_DEAD_LETTERS);
        int newest = parameters.number(HttpParameter.NEWEST);
        RunningInstance running = running(view);
        ResendChoice choice = choice(running, view);
        List<DeadLetterBox.Listed<ObjectNode>> letters = reads.during(
                RequestAuthorizer.shareOf(request),
                () -> running.deadLetters().apply(view).newest(newest, letter -> shown(running.results(), letter)));
        ObjectNode json = NODES.objectNode();
        ArrayNode list = json.putArray("letters");
        for (DeadLetterBox.Listed<ObjectNode> listed : letters.reversed()) {
            DeadLetter letter = listed.letter();
            ObjectNode entry = list.addObject()
                    .put("letter", letter.id().toString())
                    .put("version", letter.version().number())
                    .put("originTopic", letter.origin().topic())
                    .put("originPartition", letter.origin().partition())
                    .put("originOffset", letter.offset())
                    .put("timestamp", letter.timestamp().toString())
                    .put("writtenAt", listed.writtenAt().toString())
                    .put("resentAt", letter.replayedAt().map(Instant::toString).orElse(null))
                    .put("resendRefusal", choice.refusal(letter).orElse(null))
                    .put("errorClass", letter.errorClass())
                    .put("errorMessage", letter.errorMessage());
            entry.setAll(listed.made());
        }
        json.putNull("nextCursor");
        return HttpResponse.ok(json);
    }

    private ResendChoice choice(RunningInstance running, String view) {
        return new ResendChoice(running.catalog(), names, view);
    }

    private RunningInstance running(String view) {
        lookup.versions(instance.get().catalog(), view);
        return instance.get();
    }

    /** Key and value as far as they can be read, and their first bytes. */
    private static ObjectNode shown(ResultJson results, DeadLetter letter) {
        ObjectNode json = NODES.objectNode();
        json.put("key", text(letter.key()));
        json.put("keyHex", hex(letter.key()));
        json.set("value", decoded(results, letter));
        json.put("valueHex", hex(letter.value()));
        json.put("valueBytes", letter.value() == null ? 0 : letter.value().get().length);
        return json;
    }

    private static JsonNode decoded(ResultJson results, DeadLetter letter) {
        if (letter.value() == null) {
            return NODES.nullNode();
        }
        try {
            JsonNode value =
                    results.value(letter.origin().topic(), letter.value().get());
            String text = value.toString();
            return text.length() <= SHOWN_CHARACTERS
                    ? value
                    : NODES.textNode(text.substring(0, SHOWN_CHARACTERS) + " …");
        } catch (KafkaException | IllegalArgumentException | IllegalStateException unreadable) {
            // That is often why it is a dead letter; its bytes are shown.
            return NODES.nullNode();
        }
    }

    private static @Nullable String text(@Nullable Bytes bytes) {
        if (bytes == null || bytes.get().length > SHOWN_BYTES) {
            return null;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.get()))
                    .toString();
        } catch (CharacterCodingException notText) {
            return null;
        }
    }

    private static @Nullable String hex(@Nullable Bytes bytes) {
        return bytes == null
                ? null
                : HexFormat.of().formatHex(Arrays.copyOf(bytes.get(), Math.min(bytes.get().length, SHOWN_BYTES)));
    }

    /** Sends letters through the view again, each once, however often it is asked to. */
    @Post("/resend")
    @RequiresRole(Role.OPERATOR)
    HttpResponse<?> resend(HttpRequest<?> request, String view, @Body JsonNode body) {
        // All that can be, when none is named.
        List<DeadLetter.Id> ids = ALL.equals(body) ? List.of() : ids(body);
        RunningInstance running = running(view);
        ResendChoice choice = choice(running, view);
        return reads.during(
                RequestAuthorizer.shareOf(request),
                () -> HttpResponse.ok(choice.resend(running.deadLetters().apply(view), ids)));
    }

    private static List<DeadLetter.Id> ids(JsonNode body) {
        JsonNode letters = body.path("letters");
        if (!body.isObject() || body.size() != 1 || !letters.isArray() || letters.isEmpty()) {
            throw ProblemException.badParameter(
                    "letters", "expected {\"letters\": [\"PARTITION:OFFSET\", …]} or {\"all\": true}");
        }
        var ids = new ArrayList<DeadLetter.Id>();
        for (JsonNode letter : letters) {
            try {
                ids.add(DeadLetter.Id.parse(letter.asText()));
            } catch (IllegalArgumentException e) {
                throw ProblemException.badParameter("letters", String.valueOf(e.getMessage()));
            }
        }
        return ids;
    }
}
