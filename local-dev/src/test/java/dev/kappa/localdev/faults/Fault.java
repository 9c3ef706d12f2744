package dev.kappa.localdev.faults;

import dev.kappa.localdev.faults.FaultCluster.Member;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;

/** A fault: it is made, lasts, and is healed. Only one is under way at a time. */
enum Fault {
    KILL_BROKER {
        @Override
        String happen(FaultCluster cluster, Random random) throws IOException, InterruptedException {
            return kill(one(cluster.brokers(), random), between(random, 2, 15));
        }
    },
    KILL_CONTROLLER {
        @Override
        String happen(FaultCluster cluster, Random random) throws Exception {
            try (Admin admin = cluster.admin()) {
                int leader = admin.describeMetadataQuorum().quorumInfo().get().leaderId();
                return "controller: " + kill(cluster.brokers().get(leader - 1), between(random, 2, 15));
            }
        }
    },
    REPLACE_BROKER {
        @Override
        String happen(FaultCluster cluster, Random random) throws Exception {
            Member broker = one(cluster.brokers(), random);
            broker.kill();
            cluster.wipe(broker);
            broker.startAgain();
            broker.awaitReady();
            return broker.name() + " replaced by an empty one";
        }
    },
    MOVE_LEADERS {
        @Override
        String happen(FaultCluster cluster, Random random) throws Exception {
            return cluster.moveLeaders(random) + " partitions get other leaders";
        }
    },
    KILL_INSTANCE {
        @Override
        String happen(FaultCluster cluster, Random random) throws IOException, InterruptedException {
            return kill(one(cluster.instances(), random), between(random, 1, 15));
        }
    },
    KILL_REGISTRY {
        @Override
        String happen(FaultCluster cluster, Random random) throws IOException, InterruptedException {
            return kill(cluster.registry(), between(random, 2, 20));
        }
    },
    FREEZE_INSTANCE {
        @Override
        String happen(FaultCluster cluster, Random random) throws IOException, InterruptedException {
            return freeze(one(cluster.instances(), random), between(random, 5, 60));
        }
    },
    FREEZE_BROKER {
        @Override
        String happen(FaultCluster cluster, Random random) throws IOException, InterruptedException {
            return freeze(one(cluster.brokers(), random), between(random, 5, 40));
        }
    },
    RESTART_INSTANCE {
        @Override
        String happen(FaultCluster cluster, Random random) throws IOException, InterruptedException {
            Member member = one(cluster.instances(), random);
            member.stop();
            member.startAgain();
            member.awaitReady();
            return member.name() + " restarted";
        }
    },
    ROLL_BROKERS {
        @Override
        String happen(FaultCluster cluster, Random random) throws IOException, InterruptedException {
            for (Member broker : cluster.brokers()) {
                broker.stop();
                broker.startAgain();
                broker.awaitReady();
            }
            return "brokers restarted one after the other";
        }
    };

    /** Returns when it is healed, with what happened. */
    abstract String happen(FaultCluster cluster, Random random) throws Exception;

    private static Member one(List<Member> members, Random random) {
        return members.get(random.nextInt(members.size()));
    }

    private static Duration between(Random random, int least, int most) {
        return Duration.ofMillis(random.nextInt(least * 1000, most * 1000));
    }

    private static String kill(Member member, Duration away) throws IOException, InterruptedException {
        member.kill();
        Thread.sleep(away);
        member.startAgain();
        member.awaitReady();
        return member.name() + " killed for " + away;
    }

    private static String freeze(Member member, Duration frozen) throws IOException, InterruptedException {
        member.signal("STOP");
        try {
            Thread.sleep(frozen);
        } finally {
            member.signal("CONT");
        }
        return member.name() + " frozen for " + frozen;
    }
}
