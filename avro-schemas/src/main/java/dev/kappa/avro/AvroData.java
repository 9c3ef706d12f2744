package dev.kappa.avro;

import org.apache.avro.Conversions;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;

/** Avro's data model for generic records, with Java types for logical types. */
public final class AvroData {

    /** Reads and writes {@code Instant}, {@code LocalDate}, {@code BigDecimal}, {@code UUID} and their like. */
    public static final GenericData WITH_LOGICAL_TYPES = new GenericData();

    static {
        WITH_LOGICAL_TYPES.addLogicalTypeConversion(new Conversions.DecimalConversion());
        WITH_LOGICAL_TYPES.addLogicalTypeConversion(new Conversions.UUIDConversion());
        WITH_LOGICAL_TYPES.addLogicalTypeConversion(new TimeConversions.DateConversion());
        WITH_LOGICAL_TYPES.addLogicalTypeConversion(new TimeConversions.TimeMillisConversion());
        WITH_LOGICAL_TYPES.addLogicalTypeConversion(new TimeConversions.TimeMicrosConversion());
        WITH_LOGICAL_TYPES.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
        WITH_LOGICAL_TYPES.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
        WITH_LOGICAL_TYPES.addLogicalTypeConversion(new TimeConversions.TimestampNanosConversion());
        WITH_LOGICAL_TYPES.addLogicalTypeConversion(new TimeConversions.LocalTimestampMillisConversion());
        WITH_LOGICAL_TYPES.addLogicalTypeConversion(new TimeConversions.LocalTimestampMicrosConversion());
        WITH_LOGICAL_TYPES.addLogicalTypeConversion(new TimeConversions.LocalTimestampNanosConversion());
    }

    private AvroData() {}
}
