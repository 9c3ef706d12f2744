package dev.kappa.app.runtime;

/** Threads that are told to end and waited for. */
final class Threads {

    private Threads() {}

    /** Interrupts a thread and waits for its end. */
    static void stop(Thread thread) {
        thread.interrupt();
        join(thread);
    }

    /** Waits for the end of a thread, or for the interrupt of this one. */
    static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
