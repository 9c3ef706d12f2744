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

/** The age of an instant, for a table. */
export function since(instant) {
  if (!instant) return '–';
  const ms = Date.now() - Date.parse(instant);
  return ms < 5000 ? 'now' : `${duration(ms)} ago`;
}

/** A whole number with separators. */
export function count(number) {
  return number === null || number === undefined ? '–' : Number(number).toLocaleString('en');
}

/** Records per second. */
export function rate(number) {
  if (number === null || number === undefined) return '–';
  return number === 0 ? '0' : number < 10 ? number.toFixed(1) : count(Math.round(number));
}

/** A size. */
export function bytes(number) {
  if (number === null || number === undefined) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let value = number;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 && unit > 0 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
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

/** Numbers as ranges, such as "0–3, 7". */
export function ranges(numbers) {
  const sorted = [...new Set(numbers)].sort((a, b) => a - b);
  const parts = [];
  for (let i = 0; i < sorted.length;) {
    let end = i;
    while (end + 1 < sorted.length && sorted[end + 1] === sorted[end] + 1) end++;
    parts.push(i === end ? `${sorted[i]}` : `${sorted[i]}–${sorted[end]}`);
    i = end + 1;
  }
  return parts.join(', ');
}
