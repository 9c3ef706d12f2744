package dev.kappa.samples.fraudalerts;

import dev.kappa.results.CustomerProfile;
import dev.kappa.results.FraudAlert;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.jspecify.annotations.Nullable;

/** Keeps the customers' profiles and forwards the alerts, keyed by transaction. */
final class JudgeProcessor extends ContextualProcessor<String, LocatedTransaction, String, FraudAlert> {

    private final Rules rules;
    private final String profilesStore;
    private @Nullable TimestampedKeyValueStore<String, CustomerProfile> profiles;

    JudgeProcessor(Rules rules, String profilesStore) {
        this.rules = rules;
        this.profilesStore = profilesStore;
    }

    @Override
    public void init(ProcessorContext<String, FraudAlert> context) {
        super.init(context);
        this.profiles = context.getStateStore(profilesStore);
    }

    @Override
    public void process(Record<String, LocatedTransaction> record) {
        if (profiles == null) {
            throw new IllegalStateException("JudgeProcessor.init has not been called");
        }
        ValueAndTimestamp<CustomerProfile> known = profiles.get(record.key());
        Rules.Verdict verdict = rules.judge(known == null ? null : known.value(), record.value());
        profiles.put(record.key(), ValueAndTimestamp.make(verdict.profile(), record.timestamp()));
        verdict.alert()
                .ifPresent(alert -> context()
                        .forward(record.withKey(record.value().transaction().getTransactionId())
                                .withValue(alert)));
    }
}
