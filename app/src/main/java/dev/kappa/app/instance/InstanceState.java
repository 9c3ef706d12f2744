package dev.kappa.app.instance;

/** Where an instance is in its life. Each state has the transitions that are legal from it. */
public sealed interface InstanceState {

    /**
     * Connects to the cluster and starts what runs.
     *
     * @param waitingFor what the start waits for, for people
     */
    record Starting(String waitingFor) implements InstanceState {

        Starting waitingFor(String what) {
            return new Starting(what);
        }

        Running started(RunningInstance instance) {
            return new Running(instance);
        }

        Failed failed(Throwable reason) {
            return new Failed(reason);
        }

        Stopped stopped() {
            return new Stopped();
        }
    }

    /** Runs versions and answers requests. */
    record Running(RunningInstance instance) implements InstanceState {

        Leaving leaving() {
            return new Leaving(instance);
        }

        Failed failed(Throwable reason) {
            return new Failed(reason);
        }
    }

    /** Was told to stop. Still runs versions and answers requests, until its stores have copies elsewhere. */
    record Leaving(RunningInstance instance) implements InstanceState {

        Failed failed(Throwable reason) {
            return new Failed(reason);
        }

        Stopped stopped() {
            return new Stopped();
        }
    }

    /** Has closed everything. */
    record Stopped() implements InstanceState {}

    /** Cannot start, or cannot continue; what it holds is closed when it is told to stop. */
    record Failed(Throwable reason) implements InstanceState {}
}
