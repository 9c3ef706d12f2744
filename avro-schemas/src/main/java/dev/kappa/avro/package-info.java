/**
 * Avro records in Kafka topics, in Confluent's wire format and against any registry that speaks Confluent's REST API.
 *
 * <p>A record on the wire is a zero byte, the schema's id as four bytes (big endian) and the record in Avro's binary
 * encoding. {@link dev.kappa.avro.AvroSerde} is what most code needs; it is configured with the same keys as Confluent's
 * serde ({@link dev.kappa.avro.AvroSerdeConfig}), so either can take the other's place. {@link
 * dev.kappa.avro.EventSchema} reads which field of an event is its key and which its event time. Read {@link
 * dev.kappa.avro.AvroDeserializer} first: it shows every way a record can be wrong.
 */
@NullMarked
package dev.kappa.avro;

import org.jspecify.annotations.NullMarked;
