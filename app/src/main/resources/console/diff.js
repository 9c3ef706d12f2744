import { html, useState } from './lib/preact/standalone.module.js';
import { Bars } from './charts.js';
import { count, plural, value } from './format.js';
import { useAnswer } from './hooks.js';
import { Failure, Table, Time } from './parts.js';

const SAMPLES = 20;

/** Two versions compared, as of a common event time. */
export function Diff({ view, versions, number, active }) {
  const [key, setKey] = useState('');
  const [again, setAgain] = useState(0);
  const [asked, setAsked] = useState('');
  const version = versions.find(one => one.version === number);
  const path = active && version && `views/${view.name}/diff?version=${number}&against=${active.version}&samples=${SAMPLES}${asked ? `&key=${encodeURIComponent(asked)}` : ''}`;
  const answer = useAnswer(path, [again]);
  const search = event => {
    event.preventDefault();
    setAsked(key.trim());
  };
  if (!path) return html`<div class="problem">There is no version ${number} to compare with an active version.</div>`;
  const windows = ['window', 'advance', 'gap'].filter(name => version.parameters[name] !== active.parameters[name]);
  const diff = answer.data;
  return html`<h3>Version ${number} compared with version ${active.version}</h3>
    <${Failure} error=${answer.error} />
    ${!diff && !answer.error && html`<p class="quiet" role="status">Comparing. This reads both outputs.</p>`}
    ${diff && windows.length > 0 && html`<div class="note">The versions differ in ${windows.map(name => html`<code>${name}</code> `)}: their results
      have other windows, so that most keys are in one version only. The shares below say little then: compare the numbers of single keys in Query, where you can choose the version.</div>`}
    ${diff && html`<${Shares} diff=${diff} />
      ${Object.entries(diff.magnitudes).map(([field, classes]) => html`<h4>Relative change of <code>${field}</code></h4>
        <${Bars} label=${`Relative change of ${field}`} classes=${classes.map(one => ({ name: span(one), number: one.keys }))} />`)}
      <form class="fields" onSubmit=${search}>
        <div><label for="diff-key">Search differing keys</label><input id="diff-key" value=${key} onInput=${event => setKey(event.target.value)} />
          <p class="hint">A part of the key. Empty: any key.</p></div>
        <div class="actions ask"><button>Search</button><button type="button" onClick=${() => setAgain(again + 1)}>Compare again</button></div>
      </form>
      <${Samples} diff=${diff} />`}`;
}

/** A class of relative changes, in percent. */
function span({ above, upTo }) {
  const percent = number => `${number > 0 ? '+' : ''}${number * 100} %`;
  if (above === null) return `below ${percent(upTo)}`;
  return upTo === null ? `above ${percent(above)}` : `${percent(above)} to ${percent(upTo)}`;
}

function Shares({ diff }) {
  const parts = [['equal', diff.equal, 'equal'], ['changed', diff.changed, 'changed'],
    [`only in version ${diff.old}`, diff.onlyOld, 'old'], [`only in version ${diff.new}`, diff.onlyNew, 'new']];
  let x = 0;
  return html`
    <p>${diff.cut ? html`As of events of <${Time} at=${diff.cut} />.` : 'As they are, with nothing moving.'}${' '}
      ${diff.compared === 0 ? 'No key could be compared.' : `${plural(diff.compared - diff.equal, 'key')} of ${count(diff.compared)} differ.`}</p>
    <svg class="bar" width="100%" height="14" role="img" aria-label=${parts.map(([name, number]) => `${name} ${number}`).join(', ')}>
      ${parts.map(([, number, style]) => {
        const width = diff.compared === 0 ? 0 : 100 * number / diff.compared;
        x += width;
        return html`<rect x=${`${x - width}%`} width=${`${width}%`} height="14" fill=${`var(--${style})`} />`;
      })}
    </svg>
    <table class="narrow" aria-label="Keys"><tbody>${parts.map(([name, number, style]) => html`<tr><td><span class=${`swatch ${style}`}></span> ${name}</td><td class="number">${count(number)}</td></tr>`)}
      ${diff.notCompared.changedAfterCut > 0 && html`<tr><td>not compared: changed since</td><td class="number">${count(diff.notCompared.changedAfterCut)}</td></tr>`}
      ${diff.notCompared.incomplete > 0 && html`<tr><td>not compared: older than both are complete from</td><td class="number">${count(diff.notCompared.incomplete)}</td></tr>`}
      ${Object.entries(diff.fields).map(([field, number]) => html`<tr><td>field <code>${field}</code> differs</td><td class="number">${count(number)}</td></tr>`)}
    </tbody></table>
    ${diff.notes.map(note => html`<div class="note">${note}</div>`)}`;
}

function Samples({ diff }) {
  if (diff.samples.length === 0) return html`<p class="quiet">No differing key is shown.</p>`;
  return html`<p class="quiet">At most ${SAMPLES} keys of each kind of difference.</p>
    <${Table} label="Samples" columns=${['Key', `Version ${diff.old}`, `Version ${diff.new}`, 'Change']}>
    ${diff.samples.map(sample => html`<tr><td><code>${value(sample.key)}</code></td>
      <td><code>${sample.old === null ? '–' : value(sample.old)}</code></td><td><code>${sample.new === null ? '–' : value(sample.new)}</code></td>
      <td>${changes(sample)}</td></tr>`)}</${Table}>`;
}

/** The fields of a sample that differ, each with how much. */
function changes({ old, new: now }) {
  if (old === null || now === null || typeof old !== 'object' || typeof now !== 'object') return '';
  return Object.keys({ ...old, ...now }).filter(field => JSON.stringify(old[field]) !== JSON.stringify(now[field])).map(field => {
    const [before, after] = [Number(old[field]), Number(now[field])];
    const isNumber = Number.isFinite(before) && Number.isFinite(after) && before !== 0 && old[field] !== null && now[field] !== null;
    return html`<div>${field}${isNumber ? ` ${after > before ? '+' : ''}${(100 * (after - before) / Math.abs(before)).toFixed(1)} %` : ''}</div>`;
  });
}
