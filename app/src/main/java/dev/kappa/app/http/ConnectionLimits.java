package dev.kappa.app.http;

import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
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
import io.netty.util.concurrent.Future;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Ends connections that hold resources for nothing: those whose request does not come to its end in time, as of a client that sends a byte now
 * and then; those whose client takes nothing of its answer; those on which nothing is asked; and those beyond a maximum. Counts the bytes of
 * answers that have not been sent.
 */
@Singleton
final class ConnectionLimits implements BeanCreatedEventListener<NettyServerCustomizer.Registry> {

    private static final Duration LONGEST = Duration.ofSeconds(10);

    /** How long a client may take nothing of what is sent to it. */
    private static final Duration STALLED = Duration.ofSeconds(30);

    /** Longer than other instances keep connections that they do not use. */
    private static final Duration IDLE = Duration.ofSeconds(75);

    private static final int MAX_CONNECTIONS = 10_000;

    private static final byte[] ANSWER =
            "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);

    private final UnsentAnswers unsent;
    private final AtomicInteger connections = new AtomicInteger();

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
        if (connections.incrementAndGet() > MAX_CONNECTIONS) {
            var _ = channel.close();
        }
        channel.closeFuture().addListener(_ -> connections.decrementAndGet());
        return new OfConnection(channel, unsent);
    }

    /** Watches one connection, on its event loop. */
    private static final class OfConnection implements NettyServerCustomizer {
        private final Channel channel;
        private final UnsentAnswers unsent;
        private @Nullable Future<?> deadline;

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
                        .addBefore(
                                codec,
                                "kappa-idle",
                                new IdleStateHandler(true, 0, STALLED.toSeconds(), IDLE.toSeconds(), TimeUnit.SECONDS));
                channel.pipeline().addBefore(codec, "kappa-request-begins", new ChannelDuplexHandler() {
                    @Override
                    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
                        var _ = context.write(
                                message, message instanceof ByteBuf bytes ? counted(bytes, promise) : promise);
                    }

                    @Override
                    public void userEventTriggered(ChannelHandlerContext context, Object event) {
                        if (event instanceof IdleStateEvent idle && isForNothing(idle)) {
                            var _ = context.close();
                        } else {
                            context.fireUserEventTriggered(event);
                        }
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
            String address = channel.remoteAddress() instanceof InetSocketAddress remote && remote.getAddress() != null
                    ? remote.getAddress().getHostAddress()
                    : "";
            unsent.begun(address, count);
            return promise.unvoid().addListener(_ -> unsent.ended(address, count));
        }

        /** Whether a client takes nothing of its answer, or asks for nothing. */
        private boolean isForNothing(IdleStateEvent idle) {
            ChannelOutboundBuffer waiting = channel.unsafe().outboundBuffer();
            boolean isSending = waiting != null && waiting.totalPendingWriteBytes() > 0;
            return switch (idle.state()) {
                case WRITER_IDLE -> isSending;
                case ALL_IDLE -> !isSending && unanswered == 0;
                case READER_IDLE -> false;
            };
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
