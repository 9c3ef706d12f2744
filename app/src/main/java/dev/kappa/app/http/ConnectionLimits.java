package dev.kappa.app.http;

import dev.kappa.app.query.ConcurrencyLimit;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyHttpRequest;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends connections that hold resources for nothing: those whose request does not come to its end in time, as of a client that sends a byte now
 * and then; those whose client hardly takes anything of its answer; those on which nothing is asked; and those beyond a maximum. Counts the bytes of
 * answers that have not been sent.
 */
@Singleton
final class ConnectionLimits implements BeanCreatedEventListener<NettyServerCustomizer.Registry> {

    private static final Duration LONGEST = Duration.ofSeconds(10);

    /** How long a client may take less than {@link #SLOWEST_BYTES} of what is sent to it. */
    private static final Duration STALLED = Duration.ofSeconds(30);

    private static final long SLOWEST_BYTES = 64 << 10;

    /** Longer than other instances keep connections that they do not use. */
    private static final Duration IDLE = Duration.ofSeconds(75);

    /** Of which one address, which may be that of a proxy, has half. */
    private static final int MAX_CONNECTIONS = 10_000;

    /** The caller that is known on a connection. */
    private static final AttributeKey<String> CLIENT = AttributeKey.valueOf(ConnectionLimits.class, "client");

    private static final byte[] ANSWER =
            "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);

    private final UnsentAnswers unsent;
    private final ConcurrencyLimit connections =
            new ConcurrencyLimit(MAX_CONNECTIONS, "This instance has " + MAX_CONNECTIONS + " connections already");

    ConnectionLimits(UnsentAnswers unsent) {
        this.unsent = unsent;
    }

    @Override
    public NettyServerCustomizer.Registry onCreated(BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
        NettyServerCustomizer.Registry registry = event.getBean();
        registry.register(new NettyServerCustomizer() {
            @Override
            public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
                return role == ChannelRole.CONNECTION ? accepted(channel) : this;
            }
        });
        return registry;
    }

    private NettyServerCustomizer accepted(Channel channel) {
        try {
            ConcurrencyLimit.Permit permit =
                    connections.acquire(Optional.of(RemoteAddress.of(channel.remoteAddress())));
            channel.closeFuture().addListener(_ -> permit.close());
        } catch (ConcurrencyLimit.ReachedException e) {
            var _ = channel.close();
        }
        return new OfConnection(channel, unsent);
    }

    /** Takes note of who takes the answers on a request's connection: the caller, if one is known, or else the address. */
    static String noteClient(HttpRequest<?> request) {
        Optional<String> caller = RequestAuthorizer.shareOf(request);
        if (request instanceof NettyHttpRequest<?> netty) {
            netty.getChannelHandlerContext().channel().attr(CLIENT).set(caller.orElse(null));
        }
        return caller.orElseGet(() -> RemoteAddress.of(request));
    }

    /** Whether the client of a request is still connected. */
    static boolean isOpen(HttpRequest<?> request) {
        return !(request instanceof NettyHttpRequest<?> netty)
                || netty.getChannelHandlerContext().channel().isActive();
    }

    /** Watches one connection, on its event loop. */
    private static final class OfConnection implements NettyServerCustomizer {
        private final Channel channel;
        private final UnsentAnswers unsent;
        private @Nullable Future<?> deadline;
        private @Nullable Future<?> check;
        private long written;
        private long flushedBefore;
        private boolean wasWaiting;

        /** Whole requests whose answers have not been sent yet; below 0 when an answer came before its request's end. */
        private int unanswered;

        OfConnection(Channel channel, UnsentAnswers unsent) {
            this.channel = channel;
            this.unsent = unsent;
        }

        @Override
        public void onStreamPipelineBuilt() {
            String codec = ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC;
            if (channel.pipeline().get(codec) != null) {
                channel.pipeline()
                        .addBefore(codec, "kappa-idle", new IdleStateHandler(0, 0, IDLE.toSeconds(), TimeUnit.SECONDS) {
                            @Override
                            protected void channelIdle(ChannelHandlerContext context, IdleStateEvent idle) {
                                // The framework's own handlers are not told: they would end requests that take long.
                                if (unanswered == 0 && pending() == 0) {
                                    var _ = context.close();
                                }
                            }
                        });
                channel.pipeline().addBefore(codec, "kappa-request-begins", new ChannelDuplexHandler() {
                    @Override
                    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
                        var _ = context.write(
                                message, message instanceof ByteBuf bytes ? counted(bytes, promise) : promise);
                    }

                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        begin(context);
                        context.fireChannelRead(message);
                    }

                    @Override
                    public void channelInactive(ChannelHandlerContext context) {
                        end();
                        context.fireChannelInactive();
                    }
                });
                channel.pipeline().addAfter(codec, "kappa-request-ends", new ChannelDuplexHandler() {
                    @Override
                    public void channelRead(ChannelHandlerContext context, Object message) {
                        if (message instanceof LastHttpContent) {
                            end();
                            unanswered++;
                        }
                        context.fireChannelRead(message);
                    }

                    @Override
                    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
                        boolean interim = message instanceof HttpResponse response
                                && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
                        if (message instanceof LastHttpContent && !interim) {
                            unanswered--;
                        }
                        var _ = context.write(message, promise);
                    }
                });
            }
        }

        private ChannelPromise counted(ByteBuf bytes, ChannelPromise promise) {
            int count = bytes.readableBytes();
            String known = channel.attr(CLIENT).get();
            String client = known == null ? RemoteAddress.of(channel.remoteAddress()) : known;
            written += count;
            unsent.begun(client, count);
            if (check == null) {
                scheduleCheck();
            }
            return promise.unvoid().addListener(_ -> unsent.ended(client, count));
        }

        private void scheduleCheck() {
            check = channel.eventLoop().schedule(this::checkPace, STALLED.toMillis(), TimeUnit.MILLISECONDS);
        }

        /** Ends the connection of a client for which something waits at two checks, and that has taken little in between. */
        private void checkPace() {
            check = null;
            long waiting = pending();
            if (waiting == 0 || !channel.isActive()) {
                wasWaiting = false;
                return;
            }
            long flushed = written - waiting;
            if (wasWaiting && flushed - flushedBefore < SLOWEST_BYTES) {
                var _ = channel.close();
                return;
            }
            wasWaiting = true;
            flushedBefore = flushed;
            scheduleCheck();
        }

        /** Bytes that wait to be sent, or a few more. */
        private long pending() {
            ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
            return waiting == null ? 0 : Math.max(0, waiting.totalPendingWriteBytes() - waiting.currentProgress());
        }

        private void begin(ChannelHandlerContext context) {
            if (deadline == null) {
                deadline =
                        context.executor().schedule(() -> refuse(context), LONGEST.toMillis(), TimeUnit.MILLISECONDS);
            }
        }

        private void refuse(ChannelHandlerContext context) {
            if (unanswered != 0) {
                // The client would take a late answer for a part of the answer to the request before.
                var _ = context.close();
                return;
            }
            var _ = context.writeAndFlush(Unpooled.wrappedBuffer(ANSWER)).addListener(ChannelFutureListener.CLOSE);
        }

        private void end() {
            if (deadline != null) {
                deadline.cancel(false);
                deadline = null;
            }
        }
    }
}
