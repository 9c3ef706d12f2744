// Groups of phases, as the catalog has them.

/** Whether a version is a replay that has been neither switched to nor aborted. */
export function isUnderWay(version) {
  return ['PLANNED', 'REPLAYING', 'CAUGHT_UP', 'FAILED'].includes(version.phase);
}

/** Whether the life of a version is over. */
export function isOver(version) {
  return ['RETIRED', 'ABORTED'].includes(version.phase);
}
