package dev.kappa.avro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kappa.events.AdEvent;
import dev.kappa.events.BlockedAuthor;
import dev.kappa.events.Campaign;
import dev.kappa.events.DeviceLocation;
import dev.kappa.events.PageView;
import dev.kappa.events.Post;
import dev.kappa.events.Reading;
import dev.kappa.events.Transaction;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.junit.jupiter.api.Test;

class EventSchemaTest {

    private static final List<Schema> EVENTS = List.of(
            Post.getClassSchema(),
            BlockedAuthor.getClassSchema(),
            Transaction.getClassSchema(),
            DeviceLocation.getClassSchema(),
            Reading.getClassSchema(),
            PageView.getClassSchema(),
            AdEvent.getClassSchema(),
            Campaign.getClassSchema());

    @Test
    void everyEventSaysWhatItsKeyAndItsFieldsAre() {
        for (Schema schema : EVENTS) {
            EventSchema event = EventSchema.of(schema);
            assertThat(event.key()).as(schema.getName()).isPresent();
            assertThat(schema.getDoc()).as(schema.getName()).isNotBlank();
            assertThat(schema.getFields())
                    .as(schema.getName())
                    .allSatisfy(field -> assertThat(field.doc()).isNotBlank());
        }
    }

    @Test
    void everyEventButCampaignHasAnEventTime() {
        assertThat(EVENTS.stream()
                        .filter(schema -> EventSchema.of(schema).eventTime().isEmpty()))
                .containsExactly(Campaign.getClassSchema());
    }

    @Test
    void eventTimeIsReadFromTheEvent() {
        var event = new BlockedAuthor("ann", null, Instant.ofEpochMilli(5));
        assertThat(EventSchema.of(event.getSchema()).eventTimeOf(event)).isEqualTo(Optional.of(5L));
    }

    @Test
    void propertyThatNamesNoFieldIsRejected() {
        Schema schema = SchemaBuilder.record("A")
                .prop("kappa.key", "b")
                .fields()
                .requiredString("a")
                .endRecord();
        assertThatThrownBy(() -> EventSchema.of(schema)).hasMessageContaining("kappa.key=b");
    }
}
