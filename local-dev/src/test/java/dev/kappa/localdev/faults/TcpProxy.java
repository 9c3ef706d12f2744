package dev.kappa.localdev.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Passes connections to a port of loopback on to another port. Each direction can be held and delayed. What is sent while a direction is held arrives
 * when it is released, as after lost packets on a network. While answers are held, clients do not learn that the target has closed a connection.
 * Thread-safe.
 */
final class TcpProxy implements AutoCloseable {

    private static final int BACKLOG = 200;
    private static final int CHUNK = 64 << 10;

    private final ServerSocket listener;
    private final int target;
    private final Direction requests = new Direction();
    private final Direction answers = new Direction();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    /** One direction of all connections. */
    static final class Direction {
        private boolean isHeld;
        private Duration delay = Duration.ZERO;

        /** Lets nothing pass until it is released. */
        synchronized void hold() {
            isHeld = true;
        }

        /** Ends {@link #hold}. */
        synchronized void release() {
            isHeld = false;
            notifyAll();
        }

        /** Lets each part of what is sent arrive so much later. */
        synchronized void delay(Duration later) {
            delay = later;
        }

        private synchronized Duration awaitReleased() throws InterruptedException {
            while (isHeld) {
                wait();
            }
            return delay;
        }
    }

    /** Listens on a port that is free. */
    TcpProxy(int target) throws IOException {
        this.target = target;
        this.listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    /** Where it listens. */
    int port() {
        return listener.getLocalPort();
    }

    /** From those that connect to the target. */
    Direction requests() {
        return requests;
    }

    /** From the target to those that have connected. */
    Direction answers() {
        return answers;
    }

    private void accept() {
        try {
            while (true) {
                Socket client = opened(listener.accept());
                Thread.ofVirtual().start(() -> connect(client));
            }
        } catch (IOException closed) {
            // Nobody connects any more.
        }
    }

    /** Sees to it that a connection does not outlive the proxy. */
    private Socket opened(Socket socket) {
        open.add(socket);
        if (listener.isClosed()) {
            close(socket);
        }
        return socket;
    }

    private void connect(Socket client) {
        try {
            requests.awaitReleased();
            Socket server = opened(new Socket(InetAddress.getLoopbackAddress(), target));
            server.setTcpNoDelay(true);
            client.setTcpNoDelay(true);
            Thread.ofVirtual().start(() -> pass(server, client, answers));
            pass(client, server, requests);
        } catch (IOException notThere) {
            close(client);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pass(Socket from, Socket to, Direction direction) {
        var chunk = new byte[CHUNK];
        try {
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
                    Thread.sleep(direction.awaitReleased());
                    out.write(chunk, 0, length);
                }
            } catch (IOException ended) {
                // As good as the end of what is sent.
            }
            direction.awaitReleased();
            close(from);
            close(to);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void close(Socket socket) {
        open.remove(socket);
        try {
            socket.close();
        } catch (IOException nothingToSend) {
            // It is closed all the same.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException notOpen) {
            // It is closed all the same.
        }
        requests.release();
        answers.release();
        open.forEach(this::close);
    }
}
