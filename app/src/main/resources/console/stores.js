import { html, useEffect, useState } from './lib/preact/standalone.module.js';
import { address, call, follow } from './api.js';
import { Chart } from './charts.js';
import { value } from './format.js';
import { Failure, Table, Time } from './parts.js';
import { isOver } from './phases.js';

/** Kinds of queries, by kind of store. */
const QUERIES = {
  'key-value': [['key', 'one key'], ['entries', 'entries, by key']],
  window: [['windows-of-key', 'windows of a key'], ['windows', 'windows of all keys'], ['top', 'largest of a window']],
  session: [['windows-of-key', 'sessions of a key'], ['windows', 'sessions of all keys']],
};

const FIELDS = {
  key: ['key', 'asOf'],
  entries: ['from', 'to', 'prefix', 'limit'],
  'windows-of-key': ['key', 'from', 'to', 'limit'],
  windows: ['from', 'to', 'limit'],
  top: ['at', 'limit'],
};

const LABELS = {
  key: ['Key', ''],
  asOf: ['As of', 'A time such as 2026-01-01T00:00:00Z. Empty: now. Only stores that keep a history.'],
  prefix: ['Prefix', 'Keys that begin with this text.'],
  limit: ['At most', ''],
  at: ['At', 'A time in the window. Empty: now.'],
};

function label(field, query) {
  if (field === 'from' || field === 'to') {
    const isKey = query === 'entries';
    return [field === 'from' ? 'From' : 'To', `${isKey ? 'A key' : 'A time such as 2026-01-01T00:00:00Z'}${field === 'to' ? ', exclusive' : ''}.`];
  }
  return LABELS[field];
}

function path(view, store, query, given, version) {
  const base = `views/${view}/stores/${store}`;
  const parameters = new URLSearchParams(FIELDS[query].filter(field => field !== 'key' && given[field]).map(field => [field, given[field]]));
  if (version) parameters.set('version', version);
  const key = encodeURIComponent(given.key ?? '');
  const target = { key: `entries/${key}`, entries: 'entries', 'windows-of-key': `windows/${key}`, windows: 'windows', top: 'top' }[query];
  return `${base}/${target}${parameters.size > 0 ? `?${parameters}` : ''}`;
}

/** The same as a body, for keys that an address cannot hold. */
function body(query, given, version) {
  const fields = Object.fromEntries(FIELDS[query].filter(field => given[field]).map(field => [field, field === 'limit' ? Number(given[field]) : given[field]]));
  return { get: query === 'key' ? 'entries' : 'windows', ...fields, key: given.key ?? '', ...(version ? { version: Number(version) } : {}) };
}

/** The same query for the command, which asks the active version. */
function command(view, store, query, given) {
  const quoted = text => (/^[\w.:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const words = ['kappa query', view, store];
  if (FIELDS[query].includes('key')) words.push(quoted(given.key ?? ''));
  if (query === 'top') words.push('--top', given.limit || '10');
  const options = { asOf: '--as-of', from: '--from', to: '--to', prefix: '--prefix', at: '--at', limit: query === 'top' ? null : '--limit' };
  FIELDS[query].filter(field => options[field] && given[field]).forEach(field => words.push(options[field], quoted(given[field])));
  return words.join(' ');
}

/** Queries of a view's stores. */
export function Stores({ view, versions }) {
  const [name, setName] = useState(view.stores[0]?.name);
  const store = view.stores.find(one => one.name === name);
  const [query, setQuery] = useState(null);
  const [given, setGiven] = useState(/** @type {Record<string, string>} */ ({ limit: '20' }));
  const [version, setVersion] = useState('');
  const [answer, setAnswer] = useState(null);
  const [error, setError] = useState(null);
  if (!store) return html`<p class="quiet">The view has no stores.</p>`;
  const queries = QUERIES[store.kind];
  const running = versions.filter(one => !isOver(one) && one.phase !== 'PLANNED' && one.phase !== 'FAILED');
  // The first answer should have something in it, without a key that nobody knows yet.
  const kind = query ?? (store.kind === 'key-value' ? 'entries' : 'windows');
  const ask = async more => {
    setError(null);
    const asked = path(view.name, name, kind, given, version);
    const isInBody = FIELDS[kind].includes('key') && /^\.{1,2}$/.test(given.key ?? '');
    try {
      const json = isInBody
        ? await call(`views/${view.name}/stores/${name}/query`, { ...body(kind, given, version), ...(more ? { cursor: more } : {}) })
        : await call(more ? `${asked}${asked.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(more)}` : asked);
      const rows = json.windows ?? json.entries ?? [json];
      setAnswer({ asked, command: version ? null : command(view.name, name, kind, given), version: version || view.activeVersion, rows: more ? [...answer.rows, ...rows] : rows, next: json.nextCursor ?? null,
        start: json.start, end: json.end, isOfKey: FIELDS[kind].includes('key') });
    } catch (failure) {
      setAnswer(null);
      setError(failure);
    }
  };
  const submit = event => {
    event.preventDefault();
    ask(null);
  };
  const clear = () => { setAnswer(null); setError(null); };
  return html`
    <form onSubmit=${submit} class="fields">
      <div><label for="store">Store</label><select id="store" value=${name} onChange=${event => { setName(event.target.value); setQuery(null); clear(); }}>
        ${view.stores.map(one => html`<option value=${one.name}>${one.name} (${one.kind})</option>`)}</select></div>
      <div><label for="query">Query</label><select id="query" value=${kind} onChange=${event => { setQuery(event.target.value); clear(); }}>
        ${queries.map(([id, text]) => html`<option value=${id}>${text}</option>`)}</select></div>
      <div><label for="version">Version</label><select id="version" value=${version} onChange=${event => { setVersion(event.target.value); clear(); }}>
        <option value="">the active one${view.activeVersion ? ` (${view.activeVersion})` : ''}</option>
        ${running.filter(one => one.version !== view.activeVersion).map(one => html`<option value=${String(one.version)}>${one.version} (${one.phase})</option>`)}</select></div>
      ${FIELDS[kind].map(field => html`<div key=${field}><label for=${`query-${field}`}>${label(field, kind)[0]}</label>
        <input id=${`query-${field}`} value=${given[field] ?? ''} required=${field === 'key'} onInput=${event => setGiven({ ...given, [field]: event.target.value })} />
        <p class="hint">${label(field, kind)[1]}</p></div>`)}
      <div class="actions ask"><button class="primary">Ask</button></div>
    </form>
    <${Failure} error=${error} />
    ${answer && html`<${Answer} answer=${answer} onMore=${() => ask(answer.next)} />`}
    <${Live} view=${view} version=${version} given=${given.key ?? ''} />`;
}

function Answer({ answer, onMore }) {
  const fields = [...new Set(answer.rows.flatMap(row => (isRecord(row.value) ? Object.keys(row.value) : [])))];
  const hasWindows = answer.rows.some(row => row.start);
  const columns = ['Key', ...(hasWindows ? ['Window'] : []), ...(fields.length > 0 ? fields : ['Value']), 'Updated by the event of'];
  return html`
    <p class="quiet">Of version ${answer.version}.</p>
    ${answer.start && !hasWindows && html`<p>The window from <${Time} at=${answer.start} /> to <${Time} at=${answer.end} />.</p>`}
    ${answer.isOfKey && hasWindows && html`<${History} rows=${answer.rows} fields=${fields} />`}
    <${Table} label="Results" columns=${columns}>
      ${answer.rows.map(row => html`<tr><td><code>${value(row.key)}</code></td>
        ${hasWindows && html`<td><${Time} at=${row.start} /><div class="quiet">to <${Time} at=${row.end} /></div></td>`}
        ${fields.length > 0 ? fields.map(field => html`<td><${Cell} field=${row.value?.[field]} /></td>`) : html`<td><code>${value(row.value)}</code></td>`}
        <td>${row.timestamp && html`<${Time} at=${row.timestamp} />`}</td></tr>`)}
      ${answer.rows.length === 0 && html`<tr><td colspan=${columns.length} class="quiet">Nothing.</td></tr>`}</${Table}>
    ${answer.next && html`<div class="actions"><button onClick=${onMore}>More</button></div>`}
    <div class="beside"><${Copy} what="curl" text=${`curl '${address(answer.asked).href}'`} />${answer.command && html`<${Copy} what="kappa query" text=${answer.command} />`}</div>`;
}

function isRecord(json) {
  return json !== null && typeof json === 'object' && !Array.isArray(json);
}

const INSTANT = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

function Cell({ field }) {
  if (field === null || field === undefined) return html`<span class="quiet">–</span>`;
  if (typeof field === 'number') return html`<span class="number">${field.toLocaleString('en', { maximumFractionDigits: 6 })}</span>`;
  if (typeof field === 'string' && INSTANT.test(field)) return html`<${Time} at=${field} />`;
  return html`<code>${value(field)}</code>`;
}

/** The numbers of a key, window by window. */
function History({ rows, fields }) {
  const numbers = fields.filter(field => rows.some(row => typeof row.value?.[field] === 'number'));
  if (rows.length < 2 || numbers.length === 0) return null;
  const sorted = [...rows].sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
  const data = {
    at: sorted.map(row => Date.parse(row.start) / 1000),
    lines: numbers.map(field => ({ name: field, values: sorted.map(row => (typeof row.value?.[field] === 'number' ? row.value[field] : null)) })),
  };
  return html`<${Chart} data=${data} label=${`${numbers.join(', ')} by window`} />`;
}

function Copy({ what, text }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  return html`<div class="copy"><pre>${text}</pre>
    ${navigator.clipboard && html`<button onClick=${copy}>${isCopied ? 'Copied' : `Copy as ${what}`}</button>`}</div>`;
}

const MOST_CHANGES = 50;

/** Results of a key as they change. */
function Live({ view, version, given }) {
  const [key, setKey] = useState(null);
  const [followed, setFollowed] = useState(null);
  const [changes, setChanges] = useState([]);
  const [error, setError] = useState(null);
  useEffect(() => {
    if (followed === null) return undefined;
    const stop = new AbortController();
    setChanges([]);
    setError(null);
    const parameters = new URLSearchParams({ ...(followed ? { key: followed } : {}), ...(version ? { version } : {}) });
    follow(`views/${view.name}/changes?${parameters}`, (name, data) => {
      setChanges(before => [{ name, data, at: new Date().toISOString() }, ...before].slice(0, MOST_CHANGES));
    }, stop.signal).then(() => setError(new Error('The instance ended the stream.')), failure => {
      if (failure.name !== 'AbortError') setError(failure);
    });
    return () => stop.abort();
  }, [followed, version]);
  const submit = event => {
    event.preventDefault();
    setFollowed((key ?? given).trim());
  };
  return html`<h3>Live changes</h3>
    <form class="fields" onSubmit=${submit}>
      <div><label for="live-key">Key</label><input id="live-key" value=${key ?? given} onInput=${event => setKey(event.target.value)} />
        <p class="hint">Of the output. Empty: every key.</p></div>
      <div class="actions ask"><button>${followed === null ? 'Follow' : 'Follow anew'}</button>
        ${followed !== null && html`<button type="button" onClick=${() => setFollowed(null)}>Stop</button>`}</div>
    </form>
    <${Failure} error=${error} />
    ${followed !== null && html`<p class="quiet" role="status">${changes.length === 0 ? 'Waiting for a change.' : 'The newest first.'}</p>`}
    ${changes.length > 0 && html`<${Table} label="Changes" columns=${['At', 'Key', 'Window', 'Value']}>
        ${changes.map(change => (change.name === 'switch'
          ? html`<tr><td><${Time} at=${change.at} /></td><td colspan="3" class="warn">Version ${change.data.to} is the active one now; its results follow.</td></tr>`
          : html`<tr><td><${Time} at=${change.at} /></td><td><code>${value(change.data.key)}</code></td>
            <td>${change.data.start && html`<${Time} at=${change.data.start} />`}</td><td><code>${change.data.value === null ? 'deleted' : value(change.data.value)}</code></td></tr>`))}</${Table}>`}`;
}
