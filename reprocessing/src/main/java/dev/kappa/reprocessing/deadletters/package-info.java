/**
 * The dead letters of a view. Read {@link dev.kappa.reprocessing.deadletters.DeadLetterBox} first.
 *
 * <p>What enters are records of the dead letter topic, which instances write; what leaves are {@link
 * dev.kappa.reprocessing.deadletters.DeadLetter}s, and chosen records on their way through the view again.
 */
@NullMarked
package dev.kappa.reprocessing.deadletters;

import org.jspecify.annotations.NullMarked;
