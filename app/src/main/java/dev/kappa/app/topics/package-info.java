/**
 * The topics that versions need. Read {@link dev.kappa.app.topics.TopicManager} first: it says which they are and with what settings.
 *
 * <p>What enters are the versions that are to run and the topics as they are on the cluster; what leaves is a {@link
 * dev.kappa.app.topics.TopicPlan}, and the topics that are created or corrected by it. {@link
 * dev.kappa.app.topics.TopicProvisioning} does the same for clusters where instances may not.
 */
@NullMarked
package dev.kappa.app.topics;

import org.jspecify.annotations.NullMarked;
