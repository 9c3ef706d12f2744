package dev.kappa.topologies;

import org.apache.avro.Schema;

/**
 * A schema that is written to a topic.
 *
 * @param topic the output topic, or the name of an internal topic without the application id that stands before it
 * @param isInternal whether it is an internal topic
 * @param isKey whether keys are written with it, or values
 */
public record WrittenSchema(String topic, boolean isInternal, boolean isKey, Schema schema) {}
