package dev.kappa.reprocessing.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.kappa.reprocessing.deadletters.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Objects;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.utils.Bytes;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Shows a dead letter. */
@Command(name = "show", description = "Shows all details of a dead letter of VIEW.", mixinStandardHelpOptions = true)
final class DlqShow extends ReplayOperation {

    @Parameters(index = "1", paramLabel = "LETTER", description = "The letter, PARTITION:OFFSET as listed.")
    String letter = "";

    @Override
    int run(Session session) {
        DeadLetter found = find(session, view, letter);
        if (session.isStructured()) {
            session.print(json(found));
            return ExitCode.DONE;
        }
        json(found).properties().forEach(property -> {
            if (property.getValue().isObject()) {
                property.getValue()
                        .properties()
                        .forEach(header -> session.say("header " + header.getKey() + ": "
                                + header.getValue().asText()));
            } else {
                session.say(property.getKey() + ": " + property.getValue().asText());
            }
        });
        return ExitCode.DONE;
    }

    static DeadLetter find(Session session, String view, String text) {
        DeadLetter.Id id = id(text);
        return session.deadLetters(view).letters().stream()
                .filter(candidate -> candidate.id().equals(id))
                .findFirst()
                .orElseThrow(() -> CommandException.refused(
                        "View " + view + " has no dead letter " + id + "; kappa dlq list " + view + " shows them."));
    }

    static DeadLetter.Id id(String text) {
        try {
            return DeadLetter.Id.parse(text);
        } catch (IllegalArgumentException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()));
        }
    }

    static ObjectNode json(DeadLetter letter) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("letter", letter.id().toString());
        json.put("originTopic", letter.origin().topic());
        json.put("originPartition", letter.origin().partition());
        json.put("originOffset", letter.offset());
        json.put("timestamp", letter.timestamp().toString());
        json.put("version", letter.version().toString());
        json.put("errorClass", letter.errorClass());
        json.put("errorMessage", letter.errorMessage());
        json.put("replayedAt", letter.replayedAt().map(Object::toString).orElse(null));
        json.put("key", letter.key() == null ? null : new String(letter.key().get(), StandardCharsets.UTF_8));
        json.put("keyHex", hex(letter.key()));
        json.put("valueHex", hex(letter.value()));
        ObjectNode headers = json.putObject("headers");
        for (Header header : letter.headers()) {
            headers.put(
                    header.key(),
                    new String(Objects.requireNonNullElse(header.value(), new byte[0]), StandardCharsets.UTF_8));
        }
        return json;
    }

    private static @Nullable String hex(@Nullable Bytes bytes) {
        return bytes == null ? null : HexFormat.of().formatHex(bytes.get());
    }
}
