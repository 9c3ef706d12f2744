package dev.kappa.samples.fraudalerts;

import dev.kappa.events.DeviceLocation;
import dev.kappa.events.Transaction;
import org.jspecify.annotations.Nullable;

/** A transaction and where the customer's device is, if that is known. */
record LocatedTransaction(Transaction transaction, @Nullable DeviceLocation device) {}
