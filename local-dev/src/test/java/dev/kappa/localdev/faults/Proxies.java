package dev.kappa.localdev.faults;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A network of loopback, where every program is reached through a {@linkplain TcpProxy proxy}. Only connections to a host are concerned: of a host that is
 * cut off, nobody gets an answer, but it gets answers from others.
 */
final class Proxies implements Links, AutoCloseable {

    private static final Duration SLOW = Duration.ofMillis(300);

    private final Map<Integer, List<TcpProxy>> proxies = new ConcurrentHashMap<>();

    /** Puts a proxy before a port of a host; returns the port by which others reach it. */
    int addProxy(int host, int port) throws IOException {
        var proxy = new TcpProxy(port);
        proxies.computeIfAbsent(host, _ -> new ArrayList<>()).add(proxy);
        return proxy.port();
    }

    private List<TcpProxy> of(int host) {
        return proxies.getOrDefault(host, List.of());
    }

    @Override
    public void cutOff(int host) {
        of(host).forEach(proxy -> proxy.requests().hold());
        dropSent(host);
    }

    @Override
    public void connect(int host) {
        of(host).forEach(proxy -> proxy.requests().release());
        restoreSent(host);
    }

    @Override
    public void dropSent(int host) {
        of(host).forEach(proxy -> proxy.answers().hold());
    }

    @Override
    public void restoreSent(int host) {
        of(host).forEach(proxy -> proxy.answers().release());
    }

    @Override
    public void slowDown(int host) {
        of(host).forEach(proxy -> proxy.answers().delay(SLOW));
    }

    @Override
    public void speedUp(int host) {
        of(host).forEach(proxy -> proxy.answers().delay(Duration.ZERO));
    }

    @Override
    public void close() {
        proxies.values().forEach(ofHost -> ofHost.forEach(TcpProxy::close));
    }
}
