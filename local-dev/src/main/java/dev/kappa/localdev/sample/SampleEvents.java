package dev.kappa.localdev.sample;

import dev.kappa.events.AdEvent;
import dev.kappa.events.BlockedAuthor;
import dev.kappa.events.Campaign;
import dev.kappa.events.DeviceLocation;
import dev.kappa.events.PageView;
import dev.kappa.events.Post;
import dev.kappa.events.Reading;
import dev.kappa.events.Transaction;
import dev.kappa.results.FraudRule;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.apache.avro.specific.SpecificRecord;

/**
 * An endless series of events for every sample view, such as the views expect in practice: few authors and hashtags make most of the
 * posts, a hashtag bursts now and then, some posts come late or very late, fraud is planted at known places, one sensor fails again and
 * again, visitors come and go, and few campaigns are seen most. The same seed, start and rate give the same series. Not thread-safe.
 */
public final class SampleEvents implements Iterator<SampleEvents.SampleEvent> {

    /**
     * One event and when to send it.
     *
     * @param topic where it goes
     * @param key the record's key
     * @param value the event
     * @param due when it is sent; its event time may be earlier
     * @param planted the rule of {@code fraud-alerts} that must fire, if the event was made for it
     */
    public record SampleEvent(
            String topic, String key, SpecificRecord value, Instant due, Optional<FraudRule> planted) {}

    private static final int AUTHORS = 400;
    private static final int SPAMMERS = 5;
    private static final int HASHTAGS = 150;
    private static final int CUSTOMERS = 1000;
    private static final int EVENTS_PER_BURST = 900;
    private static final int EVENTS_IN_BURST = 150;
    private static final int TRANSACTIONS_PER_FRAUD = 25;
    private static final int SENSORS = 40;
    private static final int READINGS_PER_FAILURE = 60;

    /** Readings between the peak of a failing sensor and its drop. */
    private static final int READINGS_IN_FAILURE = 6;

    private static final int VISITORS_AT_A_TIME = 30;
    private static final int VIEWS_PER_NEW_VISITOR = 8;
    private static final int ADS = 40;
    private static final int CAMPAIGNS = 8;
    private static final List<String> WORDS = List.of(
            "kafka",
            "coffee",
            "music",
            "football",
            "news",
            "travel",
            "photo",
            "java",
            "food",
            "art",
            "rain",
            "science",
            "books",
            "games",
            "cats");
    private static final List<String> PATHS = List.of(
            "/", "/products", "/products/kettle", "/products/lamp", "/search", "/cart", "/checkout", "/help", "/about");
    private static final List<String> AD_TYPES = List.of("banner", "modal", "video", "mail");

    private final Random random;
    private final Instant start;
    private final Duration interval;
    private final String run;
    private final Deque<SampleEvent> ready = new ArrayDeque<>();
    private final List<double[]> homes = new ArrayList<>();
    private long events;
    private long transactions;
    private long readings;
    private long pageViews;

    /**
     * A series.
     *
     * @param seed chooses the series
     * @param start when it begins
     * @param rate events per second
     */
    public SampleEvents(long seed, Instant start, int rate) {
        this.random = new Random(seed);
        this.start = start;
        this.interval = Duration.ofSeconds(1).dividedBy(rate);
        // Keeps ids of one run apart from those of the next.
        this.run = Long.toString(start.toEpochMilli(), Character.MAX_RADIX);
        tables();
    }

    @Override
    public boolean hasNext() {
        return true;
    }

    @Override
    public SampleEvent next() {
        if (ready.isEmpty()) {
            events++;
            int dice = random.nextInt(100);
            if (dice < 10) {
                transaction(due());
            } else if (dice < 60) {
                ready.add(post(due()));
            } else if (dice < 75) {
                ready.add(reading(due()));
            } else if (dice < 90) {
                ready.add(pageView(due()));
            } else {
                ready.add(adEvent(due()));
            }
        }
        return ready.remove();
    }

    private Instant due() {
        return start.plus(interval.multipliedBy(events));
    }

    /** Blocked accounts, campaigns and locations of devices, before all other events. */
    private void tables() {
        for (int i = 0; i < ADS; i++) {
            ready.add(new SampleEvent(
                    "campaigns", ad(i), new Campaign(ad(i), "campaign-" + i % CAMPAIGNS), start, Optional.empty()));
        }
        for (int i = 0; i < SPAMMERS; i++) {
            String author = "spammer-" + i;
            ready.add(new SampleEvent(
                    "blocked-authors", author, new BlockedAuthor(author, "spam", start), start, Optional.empty()));
        }
        for (int i = 0; i < CUSTOMERS; i++) {
            double[] home = {36 + random.nextDouble() * 18, -9 + random.nextDouble() * 32};
            homes.add(home);
            String customer = customer(i);
            ready.add(new SampleEvent(
                    "device-locations",
                    customer,
                    new DeviceLocation(customer, home[0], home[1], start),
                    start,
                    Optional.empty()));
        }
    }

    /** The temperature of a room, or of a sensor that fails: far too high, then far too low. */
    private SampleEvent reading(Instant due) {
        long phase = readings++ % READINGS_PER_FAILURE;
        int number = random.nextInt(SENSORS);
        double value = 17 + number % 9 + random.nextGaussian() / 2;
        if (phase == READINGS_IN_FAILURE || phase == 2 * READINGS_IN_FAILURE) {
            number = SENSORS;
            value = phase == READINGS_IN_FAILURE ? 93 + random.nextDouble() * 5 : 1 + random.nextDouble() * 5;
        }
        String sensor = "sensor-" + number;
        double rounded = Math.round(value * 100) / 100.0;
        return new SampleEvent("readings", sensor, new Reading(sensor, rounded, "C", at(due)), due, Optional.empty());
    }

    private SampleEvent pageView(Instant due) {
        long newest = pageViews++ / VIEWS_PER_NEW_VISITOR;
        String visitor = "visitor-" + (newest + random.nextInt(VISITORS_AT_A_TIME));
        boolean found = random.nextInt(30) > 0;
        var view = new PageView(
                visitor,
                found ? PATHS.get(skewed(PATHS.size())) : "/old/" + random.nextInt(100),
                found ? 200 : 404,
                500L + random.nextInt(found ? 40_000 : 500),
                at(due));
        return new SampleEvent("page-views", visitor, view, due, Optional.empty());
    }

    private SampleEvent adEvent(Instant due) {
        String ad = ad(skewed(ADS));
        int dice = random.nextInt(10);
        var event = new AdEvent(
                "user-" + random.nextInt(500),
                "page-" + skewed(50),
                ad,
                AD_TYPES.get(random.nextInt(AD_TYPES.size())),
                dice < 7 ? "view" : dice < 9 ? "click" : "purchase",
                at(due));
        return new SampleEvent("ad-events", ad, event, due, Optional.empty());
    }

    private Instant at(Instant due) {
        return due.minusMillis(random.nextInt(500));
    }

    private SampleEvent post(Instant due) {
        boolean spam = random.nextInt(25) == 0;
        String author = spam ? "spammer-" + random.nextInt(SPAMMERS) : "author-" + skewed(AUTHORS);
        boolean burst = events % EVENTS_PER_BURST < EVENTS_IN_BURST;
        List<String> hashtags = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            hashtags.add(hashtag(skewed(HASHTAGS)));
        }
        if (burst && random.nextInt(3) > 0) {
            hashtags.add("#Breaking" + events / EVENTS_PER_BURST);
        }
        if (spam) {
            hashtags.add("#BuyNow");
        }
        String id = "post-" + run + "-" + events;
        Post post = new Post(id, author, "Sample post " + events, hashtags, due.minus(lateness()));
        return new SampleEvent("posts", id, post, due, Optional.empty());
    }

    /** Most events come at once, a few minutes late, and a very few after every grace period. */
    private Duration lateness() {
        int dice = random.nextInt(1000);
        if (dice < 970) {
            return Duration.ofMillis(random.nextInt(1500));
        }
        return dice < 998 ? Duration.ofSeconds(random.nextInt(300)) : Duration.ofHours(3);
    }

    private void transaction(Instant due) {
        transactions++;
        int customer = random.nextInt(CUSTOMERS);
        if (transactions % TRANSACTIONS_PER_FRAUD != 0) {
            ready.add(transaction(customer, due, amount(), 0.1, Optional.empty()));
            return;
        }
        switch ((int) (transactions / TRANSACTIONS_PER_FRAUD % 3)) {
            case 0 -> {
                ready.add(transaction(customer, due.minusSeconds(3), amount(), 0.1, Optional.empty()));
                ready.add(transaction(customer, due, amount(), 0.1, Optional.of(FraudRule.BURST)));
            }
            case 1 -> {
                ready.add(transaction(customer, due.minusSeconds(60), amount(), 0.1, Optional.empty()));
                // Larger each time, so above whatever the customer spent before.
                BigDecimal large = BigDecimal.valueOf(5_000 + transactions).setScale(2, RoundingMode.UNNECESSARY);
                ready.add(transaction(customer, due, large, 0.1, Optional.of(FraudRule.NEW_MAX)));
            }
            default -> ready.add(transaction(customer, due, amount(), 6, Optional.of(FraudRule.LOCATION)));
        }
    }

    private SampleEvent transaction(
            int customer, Instant at, BigDecimal amount, double degreesFromHome, Optional<FraudRule> planted) {
        double[] home = homes.get(customer);
        var transaction = new Transaction(
                "tx-" + run + "-" + events + (planted.isPresent() ? "-fraud" : ""),
                customer(customer),
                "merchant-" + skewed(80),
                amount,
                "EUR",
                home[0] + degreesFromHome,
                home[1],
                null,
                at);
        return new SampleEvent("transactions", customer(customer), transaction, due(), planted);
    }

    private BigDecimal amount() {
        double euros = Math.min(4_000, Math.exp(3.2 + random.nextGaussian()));
        return BigDecimal.valueOf(euros).setScale(2, RoundingMode.HALF_UP);
    }

    private static String customer(int number) {
        return "customer-" + number;
    }

    private static String ad(int number) {
        return "ad-" + number;
    }

    private static String hashtag(int rank) {
        return "#" + WORDS.get(rank % WORDS.size()) + (rank < WORDS.size() ? "" : String.valueOf(rank / WORDS.size()));
    }

    /** A rank below the bound, small ones far more often: about as Zipf's law has it. */
    private int skewed(int bound) {
        return (int) Math.pow(bound + 1, random.nextDouble()) - 1;
    }
}
