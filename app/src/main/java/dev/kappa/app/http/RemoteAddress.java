package dev.kappa.app.http;

import io.micronaut.http.HttpRequest;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** Where a connection came from: the client, or what is in front of the app. */
final class RemoteAddress {

    private RemoteAddress() {}

    /** The IP address of a request's connection. */
    static String of(HttpRequest<?> request) {
        return of(request.getRemoteAddress());
    }

    /** The IP address of a connection; its host where that was not resolved. */
    static String of(SocketAddress address) {
        if (!(address instanceof InetSocketAddress remote)) {
            return "";
        }
        return remote.getAddress() == null
                ? remote.getHostString()
                : remote.getAddress().getHostAddress();
    }
}
