package dev.kappa.localdev.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TcpProxyTest {

    private final ServerSocket target = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    private final TcpProxy proxy = new TcpProxy(target.getLocalPort());
    private final Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
    private Socket server = new Socket();

    TcpProxyTest() throws IOException {}

    @BeforeEach
    void accept() throws IOException {
        server = target.accept();
    }

    @AfterEach
    void close() throws IOException {
        client.close();
        server.close();
        proxy.close();
        target.close();
    }

    private static void send(Socket from, int sent) throws IOException {
        from.getOutputStream().write(sent);
    }

    private static int received(Socket at) throws IOException {
        return at.getInputStream().read();
    }

    /** Neither a byte nor the end. */
    private static void assertNothingArrives(Socket at) throws IOException {
        at.setSoTimeout(100);
        assertThatThrownBy(() -> received(at)).isInstanceOf(SocketTimeoutException.class);
        at.setSoTimeout(0);
    }

    @Test
    void passesBothDirectionsOn() throws IOException {
        send(client, 1);
        assertThat(received(server)).isEqualTo(1);
        send(server, 2);
        assertThat(received(client)).isEqualTo(2);
    }

    @Test
    void holdsOneDirection() throws IOException {
        proxy.answers().hold();
        send(server, 1);
        send(client, 2);
        assertThat(received(server)).as("what goes the other way").isEqualTo(2);
        assertNothingArrives(client);

        proxy.answers().release();
        assertThat(received(client)).isEqualTo(1);
    }

    @Test
    void nobodyIsToldOfAnEndWhileAnswersAreHeld() throws IOException {
        proxy.answers().hold();
        server.close();
        assertNothingArrives(client);

        proxy.answers().release();
        assertThat(received(client)).isEqualTo(-1);
    }

    @Test
    void delays() throws IOException {
        var later = Duration.ofMillis(50);
        proxy.answers().delay(later);
        long begin = System.nanoTime();
        send(server, 1);
        assertThat(received(client)).isEqualTo(1);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(later);
    }

    @Test
    void connectionEndsWhenTheTargetIsNotThere() throws IOException {
        target.close();
        try (var another = new Socket(InetAddress.getLoopbackAddress(), proxy.port())) {
            assertThat(received(another)).isEqualTo(-1);
        }
    }
}
