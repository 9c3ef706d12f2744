package dev.kappa.localdev.load;

import dev.kappa.reprocessing.command.CommandException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Looks at the first rows before any is written: a wrong unit of time, or a topic that would not keep the events, shows in all rows.
 *
 * @param topic the topic they are loaded into
 * @param allowExpired whether events may be older than the topic keeps them
 */
record FirstRows(String topic, boolean allowExpired) {

    /**
     * Returns when the load may begin.
     *
     * @throws IllegalArgumentException when their times are not plausible
     * @throws CommandException when the topic would not keep them
     */
    void requirePlausible(List<LoadRows.Read> first, RowFilter filter, RowMapper mapper, TopicLimits limits) {
        Instant now = Instant.now();
        int events = 0;
        int expired = 0;
        int implausible = 0;
        String example = "";
        Optional<Instant> oldest = Optional.empty();
        for (LoadRows.Read read : first) {
            try {
                if (read.row().isEmpty() || !filter.test(read.row().get())) {
                    continue;
                }
                events++;
                Optional<Instant> time = mapper.eventTime(mapper.map(read.row().get()));
                if (limits.isExpired(time, now)) {
                    expired++;
                    oldest = oldest.isPresent() && oldest.get().isBefore(time.orElseThrow()) ? oldest : time;
                }
            } catch (BadRowException e) {
                if (e.isImplausibleTime()) {
                    implausible++;
                    example = String.valueOf(e.getMessage());
                }
            }
        }
        if (implausible > 0 && 2 * implausible >= events) {
            throw new IllegalArgumentException("At least half of the first rows have no plausible time. " + example);
        }
        if (expired > 0 && !allowExpired) {
            throw CommandException.refused("Topic " + topic + " keeps events for "
                    + limits.retention().orElseThrow() + " (retention.ms) after their event times, and " + expired
                    + " of the first " + events + " events are older, the oldest of " + oldest.orElseThrow()
                    + ": the broker would delete them soon after they are written. Raise the topic's retention.ms, or load them"
                    + " anyway with --allow-expired.");
        }
    }
}
