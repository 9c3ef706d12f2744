import { html, useState } from './lib/preact/standalone.module.js';
import { call } from './api.js';
import { Bars } from './charts.js';
import { plural, value } from './format.js';
import { useAnswer } from './hooks.js';
import { Failure, Table, Time } from './parts.js';

function canBeResent(letter) {
  return !letter.resentAt && !letter.resendRefusal;
}

/** The dead letters of a view, by reason and origin. */
export function DeadLetters({ view }) {
  const [again, setAgain] = useState(0);
  const [chosen, setChosen] = useState(new Set());
  const [result, setResult] = useState(null);
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const answer = useAnswer(`views/${view.name}/dead-letters`, [again], 10000);
  if (!answer.data) return answer.error ? html`<${Failure} error=${answer.error} />` : html`<p class="quiet">Loading …</p>`;
  const letters = answer.data.letters;
  const groups = Object.values(Object.groupBy(letters, letter => `${letter.errorClass} ${letter.originTopic} ${letter.version}`));
  const sendable = new Set(letters.filter(letter => canBeResent(letter) && chosen.has(letter.letter)).map(letter => letter.letter));
  const choose = (ids, isChosen) => {
    const next = new Set(chosen);
    ids.forEach(id => (isChosen ? next.add(id) : next.delete(id)));
    setChosen(next);
  };
  const resend = async () => {
    setBusy(true);
    setError(null);
    try {
      setResult(await call(`views/${view.name}/dead-letters/resend`, { letters: [...sendable] }));
      setChosen(new Set());
      setAgain(again + 1);
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  return html`<p class="quiet">Records that a version could not read or process, the newest of each partition. The view continues without them.
      Remove the cause first. A setting such as <code>posts-max-ahead</code> is a parameter of a new replay, which reads the records again by itself. After a limit has
      been raised, resend letters: each goes to its partition of the input again, and only the version that failed reads it.</p>
    ${letters.length === 0 && html`<p>There are no dead letters.</p>`}
    ${letters.length > 0 && html`<${Times} letters=${letters} />
      <div class="actions"><button class="primary" disabled=${isBusy || sendable.size === 0} onClick=${resend}>
        ${isBusy ? 'Working …' : `Resend ${sendable.size > 0 ? plural(sendable.size, 'letter') : 'the chosen letters'}`}</button></div>`}
    <${Failure} error=${error} />
    ${result && html`<div class="note" role="status">Sent ${plural(result.sent.length, 'record')} again.${
      result.sentBefore > 0 ? ` ${result.sentBefore} had been sent before.` : ''} Records that fail again become new letters.
      ${result.lost.map(letter => html`<div key=${letter.letter}>${letter.reason}</div>`)}</div>`}
    ${groups.map(group => html`<${Group} letters=${group} chosen=${sendable} onChoose=${choose} />`)}`;
}

/** Letters by the time when they were written: a bar for each minute, hour or day. */
function Times({ letters }) {
  const times = letters.map(letter => Date.parse(letter.writtenAt));
  const span = Math.max(...times) - Math.min(...times);
  const step = span > 172800000 ? 86400000 : span > 7200000 ? 3600000 : 60000;
  const groups = Object.entries(Object.groupBy(times, time => Math.floor(time / step) * step)).sort(([a], [b]) => Number(a) - Number(b)).slice(-12);
  return html`<h3>Over time</h3><${Bars} label="Dead letters over time" classes=${groups.map(([at, some]) => ({
    name: step === 86400000 ? new Date(Number(at)).toLocaleDateString() : new Date(Number(at)).toLocaleString(), number: some.length }))} />`;
}

function Group({ letters, chosen, onChoose }) {
  const first = letters[0];
  const pending = letters.filter(canBeResent).map(letter => letter.letter);
  const isAllChosen = pending.length > 0 && pending.every(id => chosen.has(id));
  return html`<section class="card" aria-label=${`${first.errorClass}, ${first.originTopic}, version ${first.version}`}>
    <h3>${plural(letters.length, 'record')} of ${first.originTopic}</h3>
    <span class="badge quiet">version ${first.version}</span>
    <p>${first.errorMessage}<br /><code class="quiet">${first.errorClass}</code></p>
    ${first.resendRefusal && html`<p class="quiet">${first.resendRefusal}</p>`}
    <${Table} label=${`Letters: ${first.errorClass}, ${first.originTopic}, version ${first.version}`} columns=${[html`<input type="checkbox" aria-label="All letters of this group" checked=${isAllChosen} disabled=${pending.length === 0}
        onChange=${event => onChoose(pending, event.target.checked)} />`, 'Letter', 'Origin', 'Written', 'Key', 'Value', 'Error']}>
      ${letters.map(letter => html`<tr key=${letter.letter}>
        <td><input type="checkbox" aria-label=${`Letter ${letter.letter}`} checked=${chosen.has(letter.letter)} disabled=${!canBeResent(letter)}
          onChange=${event => onChoose([letter.letter], event.target.checked)} /></td>
        <td>${letter.letter}${letter.resentAt && html`<div class="good">resent <${Time} at=${letter.resentAt} /></div>`}</td>
        <td>partition ${letter.originPartition}, offset ${letter.originOffset}</td>
        <td><${Time} at=${letter.writtenAt} /></td>
        <td><code>${letter.key ?? (letter.keyHex ? `0x${letter.keyHex}` : '–')}</code></td>
        <td><code>${letter.value !== null ? value(letter.value) : letter.valueHex ? `0x${letter.valueHex}${letter.valueBytes * 2 > letter.valueHex.length ? '…' : ''}` : '–'}</code>
          <div class="quiet">${plural(letter.valueBytes, 'byte')} in the record</div></td>
        <td>${letter.errorMessage}</td>
      </tr>`)}</${Table}></section>`;
}
