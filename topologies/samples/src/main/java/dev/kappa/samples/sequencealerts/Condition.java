package dev.kappa.samples.sequencealerts;

import dev.kappa.topologies.Parameter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A condition on a reading's value, such as {@code value>90}.
 *
 * @param comparison how value and bound have to compare
 * @param bound what the value is compared with
 */
record Condition(Comparison comparison, double bound) {

    /** How two numbers may compare. */
    enum Comparison {
        AT_LEAST(">="),
        AT_MOST("<="),
        UNEQUAL("!="),
        ABOVE(">"),
        BELOW("<"),
        EQUAL("=");

        private final String sign;

        Comparison(String sign) {
            this.sign = sign;
        }
    }

    private static final Pattern FORM = Pattern.compile("value\\s*(>=|<=|!=|==|>|<|=)\\s*(\\S+)");

    /** A parameter that is a condition. */
    static Parameter<Condition> parameter(String name, String defaultValue, String description) {
        return new Parameter<>(
                name,
                description,
                "condition such as value>90 or value<=0.5",
                parse(defaultValue),
                condition -> Double.isFinite(condition.bound()),
                "a comparison with a finite number",
                Condition::parse,
                Condition::toString);
    }

    /**
     * Reads a condition.
     *
     * @throws IllegalArgumentException when it is none
     */
    static Condition parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("Not a condition: " + text);
        }
        String sign = "==".equals(matcher.group(1)) ? "=" : matcher.group(1);
        for (Comparison comparison : Comparison.values()) {
            if (comparison.sign.equals(sign)) {
                return new Condition(comparison, Double.parseDouble(matcher.group(2)));
            }
        }
        throw new IllegalArgumentException("Not a comparison: " + sign);
    }

    /** Whether it holds; never for a value that is not a number. */
    boolean holds(double value) {
        if (Double.isNaN(value)) {
            return false;
        }
        return switch (comparison) {
            case AT_LEAST -> value >= bound;
            case AT_MOST -> value <= bound;
            case UNEQUAL -> value != bound;
            case ABOVE -> value > bound;
            case BELOW -> value < bound;
            case EQUAL -> value == bound;
        };
    }

    @Override
    public String toString() {
        boolean whole = bound == Math.rint(bound) && Math.abs(bound) < 1e15;
        return "value" + comparison.sign + (whole ? String.valueOf((long) bound) : String.valueOf(bound));
    }
}
