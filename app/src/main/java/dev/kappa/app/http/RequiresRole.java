package dev.kappa.app.http;

import dev.kappa.app.security.Role;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The role that whoever calls an operation needs; an operation that has none, needs a reader to read and an admin to do more. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface RequiresRole {
    Role value();
}
