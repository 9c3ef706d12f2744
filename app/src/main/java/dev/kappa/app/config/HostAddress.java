package dev.kappa.app.config;

/** Addresses as {@code host:port}, where an IPv6 host stands in brackets. */
public final class HostAddress {

    private HostAddress() {}

    public static String of(String host, int port) {
        boolean isBareIpv6 = host.indexOf(':') >= 0 && !host.startsWith("[");
        return (isBareIpv6 ? "[" + host + "]" : host) + ":" + port;
    }
}
