package dev.kappa.avro;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericFixed;
import org.apache.kafka.common.errors.SerializationException;

/** Converts single values of logical types, exactly or not at all. */
final class LogicalValues {

    private LogicalValues() {}

    /** A decimal in the scale of the reader. */
    static Object rescaled(Object value, LogicalTypes.Decimal from, Schema reader, String path) {
        var to = (LogicalTypes.Decimal) reader.getLogicalType();
        var decimal = new BigDecimal(new BigInteger(bytes(value)), from.getScale());
        BigDecimal exact;
        try {
            exact = decimal.setScale(to.getScale(), RoundingMode.UNNECESSARY);
        } catch (ArithmeticException inexact) {
            throw new SerializationException(
                    path + " is " + decimal + ", which is no decimal of scale " + to.getScale());
        }
        if (exact.precision() > to.getPrecision()) {
            throw new SerializationException(path + " is " + decimal + ", which has more than " + to.getPrecision()
                    + " digits as a decimal of scale " + to.getScale());
        }
        var conversion = new Conversions.DecimalConversion();
        return reader.getType() == Schema.Type.FIXED
                ? conversion.toFixed(exact, reader, to)
                : conversion.toBytes(exact, reader, to);
    }

    private static byte[] bytes(Object value) {
        if (value instanceof GenericFixed fixed) {
            return fixed.bytes();
        }
        ByteBuffer buffer = ((ByteBuffer) value).duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        if (bytes.length == 0) {
            throw new SerializationException("A decimal has no bytes");
        }
        return bytes;
    }

    /** A time in the unit of the reader, rounded down. */
    static Object converted(Number value, TimeUnit from, Schema reader, TimeUnit to, String path) {
        long number = value.longValue();
        long unitsOfFrom = from.convert(1, to);
        long result;
        try {
            // TimeUnit rounds towards zero, and saturates.
            result = unitsOfFrom > 0
                    ? Math.floorDiv(number, unitsOfFrom)
                    : Math.multiplyExact(number, to.convert(1, from));
        } catch (ArithmeticException overflow) {
            throw new SerializationException(path + " is " + number + " " + from + ", which is too far away for " + to);
        }
        return reader.getType() == Schema.Type.INT ? (Object) Math.toIntExact(result) : (Object) result;
    }
}
