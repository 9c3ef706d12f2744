package dev.kappa.avro;

import org.apache.avro.Conversions;
import org.apache.avro.SystemLimitException;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericEnumSymbol;
import org.apache.avro.specific.SpecificFixed;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.apache.avro.util.ClassSecurityValidator.ClassSecurityPredicate;

/** Avro's data model for generic records, with Java types for logical types. */
public final class AvroData {

    /** Reads and writes {@code Instant}, {@code LocalDate}, {@code BigDecimal}, {@code UUID} and their like. */
    public static final GenericData WITH_LOGICAL_TYPES = new GenericData();

    /**
     * The most items of a collection that have no bytes, such as records without fields, which a record of a few bytes can claim to have.
     * Avro's own bound is a part of the heap, which the items themselves may exceed.
     */
    static final int MAX_EMPTY_ITEMS = 10_000;

    static {
        // Avro reads the property once, when it decodes for the first time.
        if (System.getProperty(SystemLimitException.MAX_COLLECTION_ALLOCATION_PROPERTY) == null) {
            System.setProperty(
                    SystemLimitException.MAX_COLLECTION_ALLOCATION_PROPERTY, String.valueOf(MAX_EMPTY_ITEMS));
        }
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

    /**
     * Lets Avro load generated classes by the names in schemas. Avro refuses every class that is not trusted, since a
     * schema comes from outside; a class that Avro's compiler made does nothing but hold data. Applies to the whole JVM;
     * may be called any number of times.
     */
    public static void trustGeneratedClasses() {
        ClassSecurityPredicate trusted = ClassSecurityValidator.getGlobal();
        if (!(trusted instanceof GeneratedClasses)) {
            ClassSecurityValidator.setGlobal(new GeneratedClasses(trusted));
        }
    }

    private record GeneratedClasses(ClassSecurityPredicate others) implements ClassSecurityPredicate {
        @Override
        public boolean isTrusted(Class<?> type) {
            return SpecificRecord.class.isAssignableFrom(type)
                    || GenericEnumSymbol.class.isAssignableFrom(type)
                    || SpecificFixed.class.isAssignableFrom(type)
                    || others.isTrusted(type);
        }
    }
}
