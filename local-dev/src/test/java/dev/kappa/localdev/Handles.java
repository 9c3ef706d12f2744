package dev.kappa.localdev;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** What a test shows of one kind of foreign input: a row of the table in {@code docs/inputs.md}. */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Repeatable(Handles.All.class)
public @interface Handles {

    /** What comes in. */
    String input();

    /** What Kappa does. */
    String outcome();

    /** Several rows. */
    @Target(ElementType.METHOD)
    @Retention(RetentionPolicy.RUNTIME)
    public @interface All {
        Handles[] value();
    }
}
