package dev.kappa.localdev.faults;

import dev.kappa.localdev.faults.FaultCluster.Member;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;
import org.apache.kafka.clients.admin.Admin;

/**
 * A kind of fault: it is made, lasts, and is healed.
 *
 * @param name its name
 * @param isOfBrokers whether it concerns brokers; of these only one has a fault at a time, so that acknowledged records are on another
 * @param isPossible whether it can be made on this cluster
 * @param happening makes it and returns when it is healed, with what happened
 */
record Fault(String name, boolean isOfBrokers, Predicate<FaultCluster> isPossible, Happening happening) {

    /** What a fault does. */
    interface Happening {
        String happen(FaultCluster cluster, Random random) throws Exception;
    }

    private static final Duration CLOCK_OFF = Duration.ofMinutes(10);

    /** Slow, but faster than what a broker or an instance has to send. */
    private static final int SLOW_KILOBITS = 2_000;

    static final List<Fault> ALL = List.of(
            ofBrokers("KILL_BROKER", (cluster, random) -> kill(one(cluster.brokers(), random), between(random, 2, 15))),
            ofBrokers("KILL_CONTROLLER", Fault::killController),
            ofBrokers("REPLACE_BROKER", (cluster, random) -> replace(cluster, one(cluster.brokers(), random))),
            ofBrokers(
                    "MOVE_LEADERS", (cluster, random) -> cluster.moveLeaders(random) + " partitions get other leaders"),
            ofBrokers("FREEZE_BROKER", (cluster, random) -> freeze(one(cluster.brokers(), random), frozen(random))),
            ofBrokers("ROLL_BROKERS", (cluster, _) -> roll(cluster.brokers())),
            ofBrokers(
                    "CUT_OFF_BROKER",
                    Fault::hasNetwork,
                    (cluster, random) ->
                            cutOff(cluster.hosts(), one(cluster.brokers(), random), between(random, 5, 60))),
            ofBrokers(
                    "LOSE_WHAT_BROKER_SENDS",
                    Fault::hasNetwork,
                    (cluster, random) -> lose(cluster, one(cluster.brokers(), random), between(random, 5, 40))),
            ofBrokers(
                    "SLOW_BROKER",
                    Fault::hasNetwork,
                    (cluster, random) ->
                            slow(cluster.hosts(), one(cluster.brokers(), random), between(random, 10, 40))),
            ofBrokers(
                    "LOSE_BROKER_HOST",
                    Fault::hasNetwork,
                    (cluster, random) ->
                            vanish(cluster.hosts(), one(cluster.brokers(), random), between(random, 2, 20))),
            ofBrokers(
                    "FILL_BROKER_DISK",
                    Fault::hasDisks,
                    (cluster, random) -> fill(cluster.hosts(), one(cluster.brokers(), random), between(random, 5, 30))),
            ofBrokers("BROKER_CLOCK_JUMPS", Fault::hasClocks, Fault::brokerClockJumps),
            ofOthers(
                    "KILL_INSTANCE",
                    _ -> true,
                    (cluster, random) -> kill(one(cluster.instances(), random), between(random, 1, 15))),
            ofOthers("KILL_REGISTRY", _ -> true, (cluster, random) -> kill(cluster.registry(), between(random, 2, 20))),
            ofOthers(
                    "FREEZE_INSTANCE",
                    _ -> true,
                    (cluster, random) -> freeze(one(cluster.instances(), random), frozen(random))),
            ofOthers(
                    "RESTART_INSTANCE",
                    _ -> true,
                    (cluster, random) -> roll(List.of(one(cluster.instances(), random)))),
            ofOthers("CHANGE_RELEASE", FaultCluster::hasPreviousRelease, Fault::changeRelease),
            ofOthers(
                    "CUT_OFF_INSTANCE",
                    Fault::hasNetwork,
                    (cluster, random) ->
                            cutOff(cluster.hosts(), one(cluster.instances(), random), between(random, 5, 60))),
            ofOthers(
                    "LOSE_WHAT_INSTANCE_SENDS",
                    Fault::hasNetwork,
                    (cluster, random) -> lose(cluster, one(cluster.instances(), random), between(random, 5, 40))),
            ofOthers(
                    "SLOW_INSTANCE",
                    Fault::hasNetwork,
                    (cluster, random) ->
                            slow(cluster.hosts(), one(cluster.instances(), random), between(random, 10, 40))),
            ofOthers(
                    "LOSE_INSTANCE_HOST",
                    Fault::hasNetwork,
                    (cluster, random) ->
                            vanish(cluster.hosts(), one(cluster.instances(), random), between(random, 2, 20))),
            ofOthers(
                    "FILL_INSTANCE_DISK",
                    Fault::hasDisks,
                    (cluster, random) ->
                            fill(cluster.hosts(), one(cluster.instances(), random), between(random, 5, 30))),
            ofOthers("INSTANCE_CLOCK_JUMPS", Fault::hasClocks, (cluster, random) -> {
                Member instance = withClock(cluster.hosts(), cluster.instances());
                return jump(cluster.hosts(), instance, random) + instance.awaitReady();
            }));

    private static boolean hasNetwork(FaultCluster cluster) {
        return cluster.hosts().hasNetwork();
    }

    private static boolean hasDisks(FaultCluster cluster) {
        return cluster.hosts().hasDisks();
    }

    private static boolean hasClocks(FaultCluster cluster) {
        return cluster.hosts().hasClocks();
    }

    private static Fault ofBrokers(String name, Happening happening) {
        return ofBrokers(name, _ -> true, happening);
    }

    private static Fault ofBrokers(String name, Predicate<FaultCluster> isPossible, Happening happening) {
        return new Fault(name, true, isPossible, happening);
    }

    private static Fault ofOthers(String name, Predicate<FaultCluster> isPossible, Happening happening) {
        return new Fault(name, false, isPossible, happening);
    }

    private static Member one(List<Member> members, Random random) {
        return members.get(random.nextInt(members.size()));
    }

    private static Duration between(Random random, int least, int most) {
        int longest = Math.min(most, Integer.getInteger("kappa.longest", most));
        int shortest = Math.min(least, longest - 1);
        return Duration.ofMillis(random.nextInt(shortest * 1000, longest * 1000));
    }

    /** One in four is longer than the time-outs of sessions, transactions and requests. */
    private static Duration frozen(Random random) {
        return random.nextInt(4) == 0 ? between(random, 60, 180) : between(random, 5, 60);
    }

    private static String kill(Member member, Duration away) throws IOException, InterruptedException {
        member.kill();
        Thread.sleep(away);
        member.start();
        return member.name() + " killed for " + away + member.awaitReady();
    }

    private static String killController(FaultCluster cluster, Random random) throws Exception {
        try (Admin admin = cluster.admin()) {
            int leader = admin.describeMetadataQuorum().quorumInfo().get().leaderId();
            return kill(cluster.brokers().get(leader - 1), between(random, 2, 15));
        }
    }

    private static String replace(FaultCluster cluster, Member broker) throws IOException, InterruptedException {
        broker.kill();
        cluster.wipe(broker);
        broker.start();
        return broker.name() + " replaced by an empty one" + broker.awaitReady();
    }

    private static String roll(List<Member> members) throws IOException, InterruptedException {
        var what = new StringBuilder();
        for (Member member : members) {
            member.stop();
            member.start();
            what.append(member.name()).append(" restarted").append(member.awaitReady());
        }
        return what.toString();
    }

    private static String changeRelease(FaultCluster cluster, Random random) throws IOException, InterruptedException {
        Member member = one(cluster.instances(), random);
        String release = cluster.changeRelease(member);
        return roll(List.of(member)) + "; it is of the " + release + " release now";
    }

    private interface Step {
        void take() throws IOException, InterruptedException;
    }

    /** Makes something, lets it last, and ends it whatever happens. */
    private static void during(Duration length, Step make, Step end) throws IOException, InterruptedException {
        make.take();
        try {
            Thread.sleep(length);
        } finally {
            end.take();
        }
    }

    private static String freeze(Member member, Duration frozen) throws IOException, InterruptedException {
        during(frozen, () -> member.signal("STOP"), () -> member.signal("CONT"));
        return member.name() + " frozen for " + frozen + member.awaitReady();
    }

    private static String cutOff(Hosts hosts, Member member, Duration away) throws IOException, InterruptedException {
        during(away, () -> hosts.cutOff(member.host()), () -> hosts.connect(member.host()));
        return member.name() + " cut off for " + away + member.awaitReady();
    }

    /** What arrives is answered, but no answer comes back from it. */
    private static String lose(FaultCluster cluster, Member member, Duration away)
            throws IOException, InterruptedException {
        List<Member> others =
                cluster.all().stream().filter(other -> other != member).toList();
        during(
                away,
                () -> {
                    for (Member other : others) {
                        cluster.hosts().lose(member.host(), other.host());
                    }
                },
                () -> {
                    for (Member other : others) {
                        cluster.hosts().find(member.host(), other.host());
                    }
                });
        return "what " + member.name() + " sent was lost for " + away + member.awaitReady();
    }

    private static String slow(Hosts hosts, Member member, Duration slow) throws IOException, InterruptedException {
        during(slow, () -> hosts.slowDown(member.host(), SLOW_KILOBITS), () -> hosts.speedUp(member.host()));
        return member.name() + " had a slow link for " + slow + member.awaitReady();
    }

    /** Nobody is told that its connections have ended: the others have half of each. */
    private static String vanish(Hosts hosts, Member member, Duration away) throws IOException, InterruptedException {
        during(
                away,
                () -> {
                    hosts.cutOff(member.host());
                    member.kill();
                },
                () -> hosts.connect(member.host()));
        member.start();
        return member.name() + " vanished with its host for " + away + member.awaitReady();
    }

    private static String fill(Hosts hosts, Member member, Duration full) throws IOException, InterruptedException {
        during(full, () -> hosts.fill(member.host()), () -> hosts.free(member.host()));
        boolean isAlive = member.isAlive();
        if (!isAlive) {
            member.start();
        }
        return "the disk of " + member.name() + " was full for " + full
                + (isAlive ? "" : "; it ended, and was restarted") + member.awaitReady();
    }

    /**
     * Kafka's connections remember by the host's clock when they were last tried: after the clock was set back, they are not tried again
     * until it has caught up, and the broker may not find its controller. So the broker is restarted then, as its operator would.
     */
    private static String brokerClockJumps(FaultCluster cluster, Random random)
            throws IOException, InterruptedException {
        Member broker = withClock(cluster.hosts(), cluster.brokers());
        return jump(cluster.hosts(), broker, random) + "; " + roll(List.of(broker));
    }

    private static Member withClock(Hosts hosts, List<Member> members) {
        return members.stream()
                .filter(one -> hosts.hasClock(one.host()))
                .findFirst()
                .orElseThrow();
    }

    private static String jump(Hosts hosts, Member member, Random random) throws IOException, InterruptedException {
        Duration off = between(random, 10, 40);
        Duration ahead = random.nextBoolean() ? CLOCK_OFF : CLOCK_OFF.negated();
        during(off, () -> hosts.setClock(member.host(), ahead), () -> hosts.setClock(member.host(), Duration.ZERO));
        return "the clock of " + member.name() + " was " + ahead + " off for " + off;
    }
}
