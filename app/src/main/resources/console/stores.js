import { html, useState } from './lib/preact/standalone.module.js';
import { call } from './api.js';
import { local, value } from './format.js';

/** Queries of a view's stores. */
export function Stores({ view }) {
  const [name, setName] = useState(view.stores[0]?.name);
  const [key, setKey] = useState('');
  const [kind, setKind] = useState('list');
  const [answer, setAnswer] = useState(null);
  const [error, setError] = useState(null);
  const store = view.stores.find(one => one.name === name);
  if (!store) {
    return null;
  }
  const isWindowed = store.kind !== 'key-value';
  const path = () => {
    const base = `views/${view.name}/stores/${name}`;
    if (kind === 'top' && store.kind === 'window') return `${base}/top?limit=20`;
    const list = isWindowed ? 'windows' : 'entries';
    return key ? `${base}/${list}/${encodeURIComponent(key)}` : `${base}/${list}?limit=20`;
  };
  const hasWindows = isWindowed && answer?.rows.some(row => row.start);
  const ask = async event => {
    event.preventDefault();
    setError(null);
    try {
      const json = await call(path());
      setAnswer({ path: path(), rows: json.windows ?? json.entries ?? [json] });
    } catch (failure) {
      setAnswer(null);
      setError(failure);
    }
  };
  return html`
    <h3>Stores</h3>
    <form onSubmit=${ask} class="fields">
      <div><label for="store">Store</label><select id="store" value=${name} onChange=${event => { setName(event.target.value); setAnswer(null); }}>
        ${view.stores.map(one => html`<option value=${one.name}>${one.name} (${one.kind})</option>`)}</select></div>
      <div><label for="kind">Query</label><select id="kind" value=${kind} onChange=${event => setKind(event.target.value)}>
        <option value="list">${isWindowed ? 'windows' : 'entries'}</option>${store.kind === 'window' && html`<option value="top">largest now</option>`}</select></div>
      <div><label for="key">Key</label><input id="key" value=${key} disabled=${kind === 'top'} onInput=${event => setKey(event.target.value)} />
        <p class="hint">Empty: all keys.</p></div>
      <div class="actions ask"><button>Ask</button></div>
    </form>
    ${error && html`<div class="problem" role="alert">${error.message}</div>`}
    ${answer && html`<div class="scroll"><table>
      <thead><tr><th scope="col">Key</th>${hasWindows && html`<th scope="col">Window</th>`}<th scope="col">Value</th></tr></thead>
      <tbody>${answer.rows.map(row => html`<tr><td><code>${value(row.key)}</code></td>
        ${hasWindows && html`<td><time datetime=${row.start} title=${`${row.start} to ${row.end}`}>${local(row.start)}</time></td>`}
        <td><code>${value(row.value)}</code></td></tr>`)}
        ${answer.rows.length === 0 && html`<tr><td colspan="3" class="quiet">Nothing.</td></tr>`}</tbody></table></div>
      <pre>curl '${new URL(`api/v1/${answer.path}`, document.baseURI).href}'</pre>`}`;
}
