package dev.kappa.localdev.faults;

import dev.kappa.localdev.faults.FaultCluster.Member;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.Predicate;

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
                    (cluster, random) ->
                            cutOff(cluster.links(), one(cluster.brokers(), random), between(random, 5, 60))),
            ofBrokers(
                    "LOSE_WHAT_BROKER_SENDS",
                    (cluster, random) -> lose(cluster.links(), one(cluster.brokers(), random), between(random, 5, 40))),
            ofBrokers(
                    "SLOW_BROKER",
                    (cluster, random) ->
                            slow(cluster.links(), one(cluster.brokers(), random), between(random, 10, 40))),
            ofBrokers(
                    "LOSE_BROKER_HOST",
                    (cluster, random) ->
                            vanish(cluster.links(), one(cluster.brokers(), random), between(random, 2, 20))),
            ofBrokers(
                    "FILL_BROKER_DISK",
                    Fault::hasDisks,
                    (cluster, random) -> fill(cluster.hosts(), one(cluster.brokers(), random), between(random, 5, 30))),
            ofBrokers(
                    "BROKER_CLOCK_JUMPS",
                    Fault::hasClocks,
                    (cluster, random) -> clockJumps(cluster.hosts(), cluster.brokers(), random)),
            ofOthers(
                    "KILL_INSTANCE",
                    (cluster, random) -> kill(one(cluster.instances(), random), between(random, 1, 15))),
            ofOthers("KILL_REGISTRY", (cluster, random) -> kill(cluster.registry(), between(random, 2, 20))),
            ofOthers("FREEZE_INSTANCE", (cluster, random) -> freeze(one(cluster.instances(), random), frozen(random))),
            ofOthers("RESTART_INSTANCE", (cluster, random) -> roll(List.of(one(cluster.instances(), random)))),
            ofOthers("CHANGE_RELEASE", FaultCluster::hasPreviousRelease, Fault::changeRelease),
            ofOthers(
                    "CUT_OFF_INSTANCE",
                    (cluster, random) ->
                            cutOff(cluster.links(), one(cluster.instances(), random), between(random, 5, 60))),
            ofOthers(
                    "LOSE_WHAT_INSTANCE_SENDS",
                    (cluster, random) ->
                            lose(cluster.links(), one(cluster.instances(), random), between(random, 5, 40))),
            ofOthers(
                    "SLOW_INSTANCE",
                    (cluster, random) ->
                            slow(cluster.links(), one(cluster.instances(), random), between(random, 10, 40))),
            ofOthers(
                    "LOSE_INSTANCE_HOST",
                    (cluster, random) ->
                            vanish(cluster.links(), one(cluster.instances(), random), between(random, 2, 20))),
            ofOthers(
                    "FILL_INSTANCE_DISK",
                    Fault::hasDisks,
                    (cluster, random) ->
                            fill(cluster.hosts(), one(cluster.instances(), random), between(random, 5, 30))),
            ofOthers(
                    "INSTANCE_CLOCK_JUMPS",
                    Fault::hasClocks,
                    (cluster, random) -> clockJumps(cluster.hosts(), cluster.instances(), random)));

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

    private static Fault ofOthers(String name, Happening happening) {
        return ofOthers(name, _ -> true, happening);
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
        int controller = cluster.controllerId();
        // Where there is none, the controller is being replaced already.
        Member broker = controller > 0 ? cluster.brokers().get(controller - 1) : one(cluster.brokers(), random);
        return kill(broker, between(random, 2, 15));
    }

    /**
     * The empty one starts when the others have a controller: a node that has lost its metadata log ends when others take it for their leader,
     * as it was before.
     */
    private static String replace(FaultCluster cluster, Member broker) throws Exception {
        broker.kill();
        cluster.wipe(broker);
        cluster.awaitControllerOtherThan(broker);
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

    private static String cutOff(Links links, Member member, Duration away) throws IOException, InterruptedException {
        during(away, () -> links.cutOff(member.host()), () -> links.connect(member.host()));
        return member.name() + " cut off for " + away + member.awaitReady();
    }

    /** What arrives is answered, but no answer comes back from it. */
    private static String lose(Links links, Member member, Duration away) throws IOException, InterruptedException {
        during(away, () -> links.dropSent(member.host()), () -> links.restoreSent(member.host()));
        return "what " + member.name() + " sent was lost for " + away + member.awaitReady();
    }

    private static String slow(Links links, Member member, Duration slow) throws IOException, InterruptedException {
        during(slow, () -> links.slowDown(member.host()), () -> links.speedUp(member.host()));
        return member.name() + " had a slow link for " + slow + member.awaitReady();
    }

    /** Nobody is told that its connections have ended: the others have half of each. */
    private static String vanish(Links links, Member member, Duration away) throws IOException, InterruptedException {
        during(
                away,
                () -> {
                    links.cutOff(member.host());
                    member.kill();
                },
                () -> links.connect(member.host()));
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
     * Clients of Kafka stand still after the clock was set back, until it has caught up: a broker may not find its controller, and an instance is not
     * alive. So the program is restarted then, as its operator or Kubernetes would.
     */
    private static String clockJumps(Hosts hosts, List<Member> members, Random random)
            throws IOException, InterruptedException {
        Member member = withClock(hosts, members);
        Duration off = between(random, 10, 40);
        Duration ahead = random.nextBoolean() ? CLOCK_OFF : CLOCK_OFF.negated();
        during(off, () -> hosts.setClock(member.host(), ahead), () -> hosts.setClock(member.host(), Duration.ZERO));
        return "the clock of " + member.name() + " was " + ahead + " off for " + off + "; " + roll(List.of(member));
    }

    private static Member withClock(Hosts hosts, List<Member> members) {
        return members.stream()
                .filter(one -> hosts.hasClock(one.host()))
                .findFirst()
                .orElseThrow();
    }
}
