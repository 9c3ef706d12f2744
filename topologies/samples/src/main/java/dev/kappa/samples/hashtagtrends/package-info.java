/** The view {@code hashtag-trends}: which hashtags are used how often, per window of time. */
@NullMarked
package dev.kappa.samples.hashtagtrends;

import org.jspecify.annotations.NullMarked;
