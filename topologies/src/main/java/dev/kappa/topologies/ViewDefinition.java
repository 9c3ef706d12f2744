package dev.kappa.topologies;

import java.util.List;

/**
 * The code of a view. Implementations have a public constructor without arguments, hold no state, and are registered
 * with {@code @AutoService(ViewDefinition.class)}.
 */
public interface ViewDefinition {

    /** Name of the view: lower case letters, digits and hyphens. Part of topic names, addresses and commands. */
    String name();

    /** Raised by the author whenever the results of the definition may change. Starts at 1. */
    int revision();

    /** The question that the view answers, in one sentence. */
    String description();

    /** The parameters of a version of the view. */
    List<Parameter<?>> parameters();

    /** The topics the view reads. */
    List<Input<?>> inputs();

    /** The stores that can be queried. */
    List<Store<?, ?>> stores();

    /** The output of the view. */
    Output<?, ?> output();

    /** Builds the topology. Every operator is named; every other name comes from the argument. */
    void build(ViewTopology view);
}
