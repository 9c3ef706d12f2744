package dev.kappa.app.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import jakarta.inject.Singleton;

/**
 * Keeps the buffers in which JSON is read and written. By default each thread keeps its own, and those of a virtual thread are gone
 * with the one request that it answers.
 */
@Singleton
final class JsonBuffers implements BeanCreatedEventListener<JsonFactory> {

    @Override
    public JsonFactory onCreated(BeanCreatedEvent<JsonFactory> event) {
        JsonFactory factory = event.getBean();
        factory.setRecyclerPool(JsonRecyclerPools.sharedConcurrentDequePool());
        return factory;
    }
}
