/**
 * Versions that run on this instance. Read {@link dev.kappa.app.version.VersionSupervisor} first: it makes what runs here what
 * the catalog says, by a {@link dev.kappa.app.version.VersionPlan}. A {@link dev.kappa.app.version.VersionRunner} owns one {@code
 * KafkaStreams} from birth to close; nothing else touches its life.
 *
 * <p>What enters are catalogs and the reports of other instances; what leaves are runners that can be queried, the states of
 * versions here, metrics, and what the replay monitor writes into the catalog.
 */
@NullMarked
package dev.kappa.app.version;

import org.jspecify.annotations.NullMarked;
