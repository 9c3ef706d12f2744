/**
 * The topics that versions need. Read {@link dev.kappa.app.topics.TopicPlan} first.
 *
 * <p>What enters are the versions that are to run and the topics as they are on the cluster; what leaves is a plan, and the topics
 * that {@link dev.kappa.app.topics.TopicManager} creates or corrects by it.
 */
@NullMarked
package dev.kappa.app.topics;

import org.jspecify.annotations.NullMarked;
