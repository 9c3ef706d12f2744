/** Avro values as JSON people read: records as objects, unions unwrapped, logical types as ISO-8601 and decimal text. */
@NullMarked
package dev.kappa.avro.json;

import org.jspecify.annotations.NullMarked;
