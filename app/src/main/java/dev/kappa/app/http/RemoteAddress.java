package dev.kappa.app.http;

import io.micronaut.http.HttpRequest;
import java.net.InetSocketAddress;

/** Where a request came from: the client, or what is in front of the app. */
final class RemoteAddress {

    private RemoteAddress() {}

    /** The IP address of a request's connection. */
    static String of(HttpRequest<?> request) {
        InetSocketAddress address = request.getRemoteAddress();
        return address.getAddress() == null
                ? address.getHostString()
                : address.getAddress().getHostAddress();
    }
}
