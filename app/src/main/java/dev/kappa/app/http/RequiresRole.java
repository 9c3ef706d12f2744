package dev.kappa.app.http;

import dev.kappa.app.security.Role;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The role that an operation requires. Without it, reading requires READER, and everything else ADMIN. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface RequiresRole {
    Role value();

    /** Whether the role is needed for all views, because the answer concerns all of them. */
    boolean ofAllViews() default false;
}
