package dev.kappa.helm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.MapperConfig;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.certmanager.api.model.v1.Certificate;
import io.fabric8.kubernetes.api.model.gatewayapi.v1.HTTPRoute;
import io.fabric8.openshift.api.model.monitoring.v1.PrometheusRule;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import io.strimzi.api.kafka.model.topic.KafkaTopic;
import io.strimzi.api.kafka.model.user.KafkaUser;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every object is one that Kubernetes knows, field by field: an unknown field, which the API server would drop without a word, or a
 * missing one fails. Of custom resources, by the models that their makers publish.
 */
class KubernetesModelTest {

    private static final File MODELS = new File("target/kubernetes");

    private static final Map<String, String> CLASSES = Map.ofEntries(
            Map.entry("v1/ConfigMap", "V1ConfigMap"),
            Map.entry("v1/Service", "V1Service"),
            Map.entry("v1/ServiceAccount", "V1ServiceAccount"),
            Map.entry("v1/Pod", "V1Pod"),
            Map.entry("apps/v1/StatefulSet", "V1StatefulSet"),
            Map.entry("batch/v1/Job", "V1Job"),
            Map.entry("batch/v1/CronJob", "V1CronJob"),
            Map.entry("policy/v1/PodDisruptionBudget", "V1PodDisruptionBudget"),
            Map.entry("autoscaling/v2/HorizontalPodAutoscaler", "V2HorizontalPodAutoscaler"),
            Map.entry("networking.k8s.io/v1/NetworkPolicy", "V1NetworkPolicy"),
            Map.entry("networking.k8s.io/v1/Ingress", "V1Ingress"));

    private static final Map<String, Class<?>> CUSTOM = Map.of(
            "gateway.networking.k8s.io/v1/HTTPRoute", HTTPRoute.class,
            "monitoring.coreos.com/v1/ServiceMonitor", ServiceMonitor.class,
            "monitoring.coreos.com/v1/PrometheusRule", PrometheusRule.class,
            "cert-manager.io/v1/Certificate", Certificate.class,
            "kafka.strimzi.io/v1beta2/KafkaUser", KafkaUser.class,
            "kafka.strimzi.io/v1beta2/KafkaTopic", KafkaTopic.class);

    /** KEDA publishes no Java model. */
    private static final Set<String> WITHOUT_MODEL = Set.of("keda.sh/v1alpha1/ScaledObject");

    @ParameterizedTest
    @ValueSource(strings = {"1.30", "1.31", "1.32", "1.33", "1.34"})
    void kubernetesKnowsEveryField(String release) throws Exception {
        try (var model = new Model(release)) {
            for (JsonNode object : allObjects()) {
                assertThat(model.complaint(object)).as(Chart.name(object)).isEmpty();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.30", "1.31", "1.32", "1.33", "1.34"})
    void aFieldThatKubernetesDoesNotKnowIsFound(String release) throws Exception {
        JsonNode stateful = Chart.first("minimal", "StatefulSet");
        ((ObjectNode) stateful.at("/spec/template/spec/containers/0/readinessProbe/httpGet")).put("pth", "/");
        try (var model = new Model(release)) {
            assertThat(model.complaint(stateful))
                    .hasValueSatisfying(complaint -> assertThat(complaint).contains("pth"));
        }
    }

    /** The model of one release, loaded for itself. */
    private static final class Model implements AutoCloseable {
        private final URLClassLoader classes;

        Model(String release) {
            this.classes = new URLClassLoader(jars(release), ClassLoader.getPlatformClassLoader());
        }

        Optional<String> complaint(JsonNode object) throws ReflectiveOperationException {
            String type = CLASSES.get(type(object));
            if (type == null) {
                return Optional.empty();
            }
            Object json = classes.loadClass("com.google.gson.JsonParser")
                    .getMethod("parseString", String.class)
                    .invoke(null, object.toString());
            try {
                validation(classes.loadClass("io.kubernetes.client.openapi.models." + type))
                        .invoke(null, json);
                return Optional.empty();
            } catch (InvocationTargetException e) {
                return Optional.of(String.valueOf(e.getCause()));
            }
        }

        @Override
        public void close() throws IOException {
            classes.close();
        }
    }

    /** Its name is not the same in all releases. */
    private static Method validation(Class<?> type) {
        return Arrays.stream(type.getMethods())
                .filter(method -> method.getName().matches("validateJson(Element|Object)"))
                .findAny()
                .orElseThrow();
    }

    @Test
    void makersOfCustomResourcesKnowEveryField() {
        ObjectMapper strict = strict();
        for (JsonNode object : allObjects()) {
            Class<?> type = CUSTOM.get(type(object));
            if (type != null) {
                try {
                    strict.treeToValue(object, type);
                } catch (IOException e) {
                    throw new AssertionError(Chart.name(object) + ": " + e.getMessage(), e);
                }
            }
        }
    }

    @Test
    void aFieldThatTheMakersDoNotKnowIsFound() {
        JsonNode route = Chart.first("everything", "HTTPRoute");
        ((ObjectNode) route.at("/spec/rules/0/matches/0/path")).put("vlue", "/");
        assertThatThrownBy(() -> strict().treeToValue(route, HTTPRoute.class)).hasMessageContaining("vlue");
    }

    @Test
    void everyKindIsCheckedOrKnownNotToBe() {
        var types = new TreeSet<String>();
        allObjects().forEach(object -> types.add(type(object)));
        types.removeAll(CLASSES.keySet());
        types.removeAll(CUSTOM.keySet());
        assertThat(types).isEqualTo(WITHOUT_MODEL);
    }

    private static List<JsonNode> allObjects() {
        var objects = new ArrayList<JsonNode>();
        Chart.examples().forEach(example -> objects.addAll(Chart.objects(example)));
        return objects;
    }

    private static String type(JsonNode object) {
        return object.path("apiVersion").asText() + "/" + object.path("kind").asText();
    }

    private static URL[] jars(String release) {
        return Stream.of("model-" + release + ".jar", "gson.jar", "gson-fire.jar", "okio-jvm.jar")
                .map(name -> {
                    try {
                        return new File(MODELS, name).toURI().toURL();
                    } catch (MalformedURLException e) {
                        throw new IllegalStateException(e);
                    }
                })
                .toArray(URL[]::new);
    }

    /** The models keep what they do not know for later; here that is an error. */
    private static ObjectMapper strict() {
        return new ObjectMapper()
                .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .setAnnotationIntrospector(new JacksonAnnotationIntrospector() {
                    @Override
                    public Boolean hasAnySetter(Annotated annotated) {
                        return false;
                    }

                    @Override
                    public JsonIgnoreProperties.Value findPropertyIgnoralByName(
                            MapperConfig<?> config, Annotated annotated) {
                        return JsonIgnoreProperties.Value.empty();
                    }
                });
    }
}
