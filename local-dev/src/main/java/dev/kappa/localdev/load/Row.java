package dev.kappa.localdev.load;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;

/**
 * A row of a file.
 *
 * @param line line of the file it ends on, from 1
 * @param values its values by column; in a CSV file all are text
 */
record Row(long line, Map<String, JsonNode> values) {}
