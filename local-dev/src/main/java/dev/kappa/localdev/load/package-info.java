/**
 * Loads files into topics.
 *
 * <p>{@link dev.kappa.localdev.load.LoadCommand} ties it together: {@link dev.kappa.localdev.load.RowReader} reads rows
 * out of CSV or JSONL, {@link dev.kappa.localdev.load.RowMapper} makes an Avro record of each, {@link
 * dev.kappa.localdev.load.RejectedRows} keeps those that make none, with the reason.
 */
@NullMarked
package dev.kappa.localdev.load;

import org.jspecify.annotations.NullMarked;
