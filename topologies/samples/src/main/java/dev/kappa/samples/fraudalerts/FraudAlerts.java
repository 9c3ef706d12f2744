package dev.kappa.samples.fraudalerts;

import com.google.auto.service.AutoService;
import dev.kappa.events.DeviceLocation;
import dev.kappa.events.Transaction;
import dev.kappa.results.CustomerProfile;
import dev.kappa.results.FraudAlert;
import dev.kappa.topologies.DataType;
import dev.kappa.topologies.Input;
import dev.kappa.topologies.Output;
import dev.kappa.topologies.Parameter;
import dev.kappa.topologies.Store;
import dev.kappa.topologies.ViewDefinition;
import dev.kappa.topologies.ViewTopology;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.apache.kafka.streams.kstream.Joined;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Named;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorSupplier;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.TimestampedKeyValueStore;

/**
 * Raises an alert for each transaction that breaks one of three {@link Rules rules}, per customer and in the order of
 * the customer's partition.
 *
 * <p>Nothing is ever late: a transaction out of order is judged against those that arrived before it. Transactions with
 * equal times keep their order of arrival. A transaction sent twice is judged twice, and its second alert replaces the
 * first. The device's location is the last one as of the transaction's time, that instant included.
 */
@AutoService(ViewDefinition.class)
public final class FraudAlerts implements ViewDefinition {

    static final Parameter<Duration> BURST = Parameter.duration(
            "burst",
            Duration.ofSeconds(10),
            Duration.ZERO,
            "Two transactions of a customer at most this far apart in time raise BURST");
    static final Parameter<Double> DISTANCE_KM = Parameter.number(
            "distance-km",
            50,
            0,
            Geo.LONGEST_DISTANCE_KM,
            "A transaction further than this from the customer's device raises LOCATION");

    static final Input<Transaction> TRANSACTIONS = Input.stream("transactions", Transaction.class);
    static final Input<DeviceLocation> DEVICE_LOCATIONS =
            Input.table("device-locations", DeviceLocation.class).joinedWith(TRANSACTIONS);

    static final Store<String, CustomerProfile> PROFILES =
            Store.keyValue("profiles", DataType.TEXT, CustomerProfile.class);
    static final Store<String, FraudAlert> ALERTS = Store.keyValue("alerts", DataType.TEXT, FraudAlert.class);
    static final Output<String, FraudAlert> OUTPUT = Output.of(DataType.TEXT, FraudAlert.class);

    @Override
    public String name() {
        return "fraud-alerts";
    }

    @Override
    public int revision() {
        return 3;
    }

    @Override
    public String description() {
        return "Transactions that come in bursts, set a new maximum, or happen far from the customer's device";
    }

    @Override
    public List<Parameter<?>> parameters() {
        return List.of(BURST, DISTANCE_KM);
    }

    @Override
    public List<Input<?>> inputs() {
        return List.of(TRANSACTIONS, DEVICE_LOCATIONS);
    }

    @Override
    public List<Store<?, ?>> stores() {
        return List.of(PROFILES, ALERTS);
    }

    @Override
    public Output<?, ?> output() {
        return OUTPUT;
    }

    @Override
    public void build(ViewTopology view) {
        var rules = new Rules(view.parameter(BURST), view.parameter(DISTANCE_KM));
        StoreBuilder<TimestampedKeyValueStore<String, CustomerProfile>> profiles = view.keyValueBuilder(PROFILES);

        KStream<String, FraudAlert> alerts = view.stream(TRANSACTIONS)
                .leftJoin(view.table(DEVICE_LOCATIONS), LocatedTransaction::new, Joined.as("locate-device"))
                .process(judge(rules, profiles), Named.as("judge"))
                .repartition(view.repartition("by-transaction", DataType.TEXT, FraudAlert.class))
                .toTable(Named.as("keep-alerts"), view.keyValue(ALERTS))
                .toStream(Named.as("alerts-changed"));
        view.output(alerts, OUTPUT);
    }

    private static ProcessorSupplier<String, LocatedTransaction, String, FraudAlert> judge(
            Rules rules, StoreBuilder<TimestampedKeyValueStore<String, CustomerProfile>> profiles) {
        return new ProcessorSupplier<>() {
            @Override
            public Processor<String, LocatedTransaction, String, FraudAlert> get() {
                return new JudgeProcessor(rules, profiles.name());
            }

            @Override
            public Set<StoreBuilder<?>> stores() {
                return Set.of(profiles);
            }
        };
    }
}
