package dev.kappa.app.http;

import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.http.netty.channel.ChannelPipelineCustomizer;
import io.micronaut.http.server.netty.NettyServerCustomizer;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.Future;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends connections whose request does not come to its end in time: a client that sends a byte now and then would hold one for
 * ever, since it is never idle.
 */
@Singleton
final class RequestDeadline implements BeanCreatedEventListener<NettyServerCustomizer.Registry> {

    private static final Duration LONGEST = Duration.ofSeconds(10);

    private static final byte[] ANSWER =
            "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);

    @Override
    public NettyServerCustomizer.Registry onCreated(BeanCreatedEvent<NettyServerCustomizer.Registry> event) {
        NettyServerCustomizer.Registry registry = event.getBean();
        registry.register(new NettyServerCustomizer() {
            @Override
            public NettyServerCustomizer specializeForChannel(Channel channel, ChannelRole role) {
                return role == ChannelRole.CONNECTION ? new OfConnection(channel) : this;
            }
        });
        return registry;
    }

    /** Watches one connection, on its event loop. */
    private static final class OfConnection implements NettyServerCustomizer {
        private final Channel channel;
        private @Nullable Future<?> deadline;

        /** Whole requests whose answers have not been sent yet; below 0 when an answer came before its request's end. */
        private int unanswered;

        OfConnection(Channel channel) {
            this.channel = channel;
        }

        @Override
        public void onStreamPipelineBuilt() {
            String codec = ChannelPipelineCustomizer.HANDLER_HTTP_SERVER_CODEC;
            if (channel.pipeline().get(codec) != null) {
                channel.pipeline().addBefore(codec, "kappa-request-begins", new ChannelInboundHandlerAdapter() {
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
