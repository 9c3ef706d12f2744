package dev.kappa.reprocessing.command;

import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The value of {@code --max-rate}.
 *
 * @param records per second over the whole fleet; absent: any number
 */
record MaxRate(Optional<Long> records) {

    private static final String UNLIMITED = "unlimited";

    /** For people. */
    String text() {
        return records.map("at most %,d records per second"::formatted).orElse("as fast as it can");
    }

    static final class Converter implements ITypeConverter<MaxRate> {
        @Override
        public MaxRate convert(String value) {
            if (value.toLowerCase(Locale.ROOT).equals(UNLIMITED)) {
                return new MaxRate(Optional.empty());
            }
            try {
                long records = Long.parseLong(value);
                if (records >= 1) {
                    return new MaxRate(Optional.of(records));
                }
            } catch (NumberFormatException notANumber) {
                // Falls through to the same message.
            }
            throw new TypeConversionException(
                    "expected records per second, at least 1, or " + UNLIMITED + "; got \"" + value + "\"");
        }
    }
}
