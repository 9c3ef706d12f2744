// Numbers and times for people.

/** A duration in milliseconds, such as "3 min". */
export function duration(ms) {
  if (ms === null || ms === undefined) {
    return '–';
  }
  const seconds = ms / 1000;
  if (seconds < 1) return 'less than 1 s';
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} days`;
}

/** How long ago something was, for a table. */
export function age(ms) {
  if (ms === null || ms === undefined) return '–';
  return ms < 1000 ? 'now' : `${duration(ms)} ago`;
}

/** A whole number with separators. */
export function count(number) {
  return number === null || number === undefined ? '–' : Number(number).toLocaleString('en');
}

/** A count and its noun. */
export function plural(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** Local time. */
export function local(instant) {
  return instant ? new Date(instant).toLocaleString() : '–';
}

/** A value as compact JSON; text as it is. */
export function value(json) {
  return typeof json === 'string' ? json : JSON.stringify(json);
}
