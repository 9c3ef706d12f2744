/** The view {@code campaign-views}: how often the advertisements of each campaign are seen. */
@NullMarked
package dev.kappa.samples.campaignviews;

import org.jspecify.annotations.NullMarked;
