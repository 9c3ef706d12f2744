import { html, useEffect, useRef, useState } from './lib/preact/standalone.module.js';
import { call } from './api.js';
import { age, count, duration, local, plural, value } from './format.js';
import { isOver, isUnderWay } from './phases.js';

/** A dialog that is open for as long as it is rendered; Escape closes it. */
export function Dialog({ title, onClose, children }) {
  const dialog = useRef(null);
  useEffect(() => { dialog.current.showModal(); }, []);
  return html`<dialog ref=${dialog} aria-label=${title} onClose=${onClose}>
    <h2>${title}</h2>${children}
  </dialog>`;
}

function Failure({ error }) {
  return error && html`<div class="problem" role="alert">
    ${error.status === 409 ? 'Somebody else was faster, and nothing was done. ' : ''}${error.message}
  </div>`;
}

/** The versions of a view, what can be done with each, and a new replay. */
export function Replays({ view, versions, onChanged }) {
  const [dialog, setDialog] = useState(null);
  const close = () => setDialog(null);
  const done = () => { close(); onChanged(); };
  const underWay = versions.find(isUnderWay);
  const active = versions.find(version => version.phase === 'ACTIVE');
  return html`
    <h3>Versions</h3>
    ${[...versions].reverse().filter(version => !isOver(version)).map(version => html`
      <${Version} key=${version.version} version=${version} active=${active} onAction=${setDialog} />`)}
    <${Past} versions=${versions} />
    <div class="actions">
      <button class="primary" disabled=${Boolean(underWay)} onClick=${() => setDialog({ kind: 'replay' })}>New replay</button>
      ${underWay && html`<span class="quiet">One replay of a view is under way at a time: version ${underWay.version} is ${underWay.phase}.</span>`}
    </div>
    ${dialog?.kind === 'replay' && html`<${NewReplay} view=${view} active=${active} onClose=${close} onDone=${done} />`}
    ${dialog?.kind === 'diff' && html`<${Comparison} view=${view} version=${versions.find(one => one.version === dialog.version)} active=${active} onClose=${close} />`}
    ${dialog?.kind === 'act' && html`<${Confirmation} view=${view} action=${dialog} onClose=${close} onDone=${done} />`}`;
}

function Past({ versions }) {
  const past = versions.filter(isOver);
  return past.length > 0 && html`<p class="quiet">
    Earlier: ${past.map(version => `version ${version.version} (${version.phase})`).join(', ')}</p>`;
}

/** Partitions wait for each other all the time; only longer waits are shown. */
const LONG_WAIT_MS = 30000;

const MEANING = {
  PLANNED: 'It is being created.',
  REPLAYING: 'It reads the history. Readers notice nothing.',
  CAUGHT_UP: 'It has read the history and follows the inputs. Compare it, then switch the readers.',
  ACTIVE: 'Readers get its results.',
  STANDBY: 'Readers got its results before. It still follows the inputs, and readers can be switched back.',
  FAILED: 'Its results cannot be right. Abort it.',
};

function Version({ version, active, onAction }) {
  const number = version.version;
  const act = (name, text, more) => onAction({ kind: 'act', name, version: number, ...text, ...more });
  const progress = version.progress;
  return html`<section class="card" aria-label=${`Version ${number}`}>
    <h4>Version ${number}</h4><span class=${`badge ${version.phase === 'ACTIVE' ? 'good' : version.phase === 'FAILED' ? 'bad' : 'quiet'}`}>${version.phase}</span>
    <p class="quiet">${MEANING[version.phase] ?? ''} ${version.detail ?? ''}</p>
    ${version.phase === 'REPLAYING' && progress && html`<${Progress} progress=${progress} />`}
    <p>${Object.entries(version.parameters).map(([name, text]) => html`<code>${name}=${text}</code> `)}</p>
    <p class="quiet">${progress ? `${plural(progress.lag, 'record')} to read. ` : ''}Newest event: ${age(version.freshnessMs)}.${' '}
      Created ${local(version.createdAt)}.</p>
    ${version.waiting?.filter(wait => Date.now() - Date.parse(wait.since) > LONG_WAIT_MS).map(wait => html`<div class="note">${wait.partition} waits for ${wait.waitsFor} since ${local(wait.since)}.</div>`)}
    <div class="actions">
      ${active && number !== active.version && version.phase !== 'PLANNED' && html`<button onClick=${() => onAction({ kind: 'diff', version: number })}>Compare with version ${active.version}</button>`}
      ${version.phase === 'CAUGHT_UP' && html`<button class="primary" onClick=${() => act('switch', {
        title: `Switch readers to version ${number}`,
        says: `Readers get the results of version ${number} from now on. Version ${active?.version} stays in STANDBY, and you can roll back.`,
      })}>Switch readers</button>`}
      ${version.phase === 'STANDBY' && html`<button onClick=${() => act('switch', {
        title: `Switch readers back to version ${number}`,
        says: `Readers get the results of version ${number} again. Version ${active?.version} stays in STANDBY.`,
      })}>Switch back</button>`}
      ${version.phase === 'STANDBY' && html`<button class="danger" onClick=${() => act('retire', {
        title: `Retire version ${number}`,
        says: 'It is stopped, and its state, consumer group and internal topics are deleted. Readers cannot be switched back to it.',
      }, { isFinal: true, body: { deleteOutput: true } })}>Retire</button>`}
      ${isUnderWay(version) && html`<button class="danger" onClick=${() => act('abort', {
        title: `Abort version ${number}`,
        says: 'The replay is stopped, and everything that it made is deleted.',
      }, { isFinal: true })}>Abort</button>`}
      ${version.phase === 'REPLAYING' && html`<button onClick=${() => act('throttle', {
        title: `Limit the rate of version ${number}`,
        says: 'Records a second over all instances. Leave the field empty for no limit.',
      }, { asksRate: true })}>Limit rate</button>`}
      ${version.state === 'FAILED' && html`<button onClick=${() => act('restart', {
        title: `Restart version ${number}`,
        says: 'Instances where it has FAILED start it again.',
      })}>Restart</button>`}
    </div>
  </section>`;
}

/** Progress with the rate of the last half minute, and the time left by it. */
function Progress({ progress }) {
  const samples = useRef([]);
  useEffect(() => {
    samples.current = [...samples.current.filter(sample => sample.at > Date.now() - 30000), { at: Date.now(), read: progress.read }];
  }, [progress.read]);
  const first = samples.current[0];
  const seconds = first ? (Date.now() - first.at) / 1000 : 0;
  const rate = seconds > 1 ? (progress.read - first.read) / seconds : 0;
  const left = progress.total - progress.done;
  return html`
    <progress max=${Math.max(1, progress.total)} value=${progress.done} aria-label="Progress of the replay"></progress>
    <p>${count(progress.done)} of ${plural(progress.total, 'record')}${rate > 0 ? `, ${count(Math.round(rate))} a second, ${duration(1000 * left / rate)} left` : ''}${
      progress.maxRate ? `, limited to ${count(progress.maxRate)} a second` : ''}.
      ${progress.eventTime && ` At events of ${local(progress.eventTime)}.`}</p>`;
}

function Confirmation({ view, action, onClose, onDone }) {
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const [typed, setTyped] = useState('');
  const [rate, setRate] = useState('');
  const [removed, setRemoved] = useState(null);
  const name = `${view.name}.v${action.version}`;
  useEffect(() => {
    if (action.isFinal) {
      call(`views/${view.name}/${action.name}`, { version: action.version, dryRun: true, ...action.body }).then(setRemoved, setError);
    }
  }, []);
  const submit = async event => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const body = { version: action.version, ...action.body };
    if (action.asksRate && rate) body.maxRate = Number(rate);
    try {
      await call(`views/${view.name}/${action.name}`, body);
      onDone();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${action.title} onClose=${onClose}><form onSubmit=${submit}>
    <p>${action.says}</p>
    ${removed && html`<p>This deletes:</p><ul>${[...removed.topics, removed.group].map(thing => html`<li><code>${thing}</code></li>`)}</ul>`}
    ${action.asksRate && html`<label for="rate">Records a second</label>
      <input id="rate" inputmode="numeric" pattern="[0-9]*" value=${rate} onInput=${event => setRate(event.target.value)} />`}
    ${action.isFinal && html`<label for="typed">Type <code>${name}</code> to confirm: this cannot be undone</label>
      <input id="typed" autocomplete="off" value=${typed} onInput=${event => setTyped(event.target.value)} />`}
    <${Failure} error=${error} />
    <div class="actions">
      <button class="primary" disabled=${isBusy || (action.isFinal && typed !== name)}>${isBusy ? 'Working …' : action.title}</button>
      <button type="button" onClick=${onClose}>Cancel</button>
    </div>
  </form></${Dialog}>`;
}

/** A form of the definition's parameters; the plan is shown before anything is created. */
function NewReplay({ view, active, onClose, onDone }) {
  const [set, setSet] = useState({});
  const [from, setFrom] = useState('earliest');
  const [maxRate, setMaxRate] = useState('');
  const [plan, setPlan] = useState(null);
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const request = () => {
    const body = { from: from || 'earliest', set: Object.fromEntries(Object.entries(set).filter(([, text]) => text !== '')) };
    if (maxRate) body.maxRate = Number(maxRate);
    return body;
  };
  const send = async (more, then) => {
    setBusy(true);
    setError(null);
    try {
      then(await call(`views/${view.name}/replays`, { ...request(), ...more }));
    } catch (failure) {
      setError(failure);
    }
    setBusy(false);
  };
  const inputs = view.inputs.map(input => input.topic);
  const isOfInput = parameter => inputs.some(topic => ['key', 'max-ahead', 'other-types'].some(setting => parameter.name === `${topic}-${setting}`));
  const field = parameter => html`<div key=${parameter.name}>
    <label for=${`set-${parameter.name}`}>${parameter.name}</label>
    <input id=${`set-${parameter.name}`} placeholder=${active?.parameters[parameter.name] ?? parameter.default ?? ''}
      value=${set[parameter.name] ?? ''} onInput=${change(text => setSet({ ...set, [parameter.name]: text }))} />
    <p class="hint">${parameter.description} (${parameter.limit || parameter.type}). Now ${active?.parameters[parameter.name] ?? parameter.default}.</p>
  </div>`;
  const change = then => event => { setPlan(null); then(event.target.value); };
  const submit = event => {
    event.preventDefault();
    if (plan) {
      send({ epoch: plan.epoch }, onDone);
    } else {
      send({ dryRun: true }, setPlan);
    }
  };
  return html`<${Dialog} title=${`New replay of ${view.name}`} onClose=${onClose}><form onSubmit=${submit}>
    <p>A new version reads the history beside the active one. Readers notice nothing until you switch.</p>
    <div class="fields">${view.parameters.filter(parameter => !isOfInput(parameter)).map(field)}</div>
    <details><summary>Settings of the inputs</summary><div class="fields">${view.parameters.filter(isOfInput).map(field)}</div></details>
    <div class="fields"><div><label for="from">From</label><input id="from" value=${from} onInput=${change(setFrom)} />
      <p class="hint">earliest, a time such as 2026-01-01T00:00:00Z, or a duration back from now such as -P7D.</p></div>
    <div><label for="max-rate">Limit, records a second</label><input id="max-rate" inputmode="numeric" pattern="[0-9]*" value=${maxRate} onInput=${change(setMaxRate)} />
      <p class="hint">Empty: as fast as it can.</p></div></div>
    ${plan && html`<${Plan} plan=${plan} />`}
    <${Failure} error=${error} />
    <div class="actions">
      <button class="primary" disabled=${isBusy}>${plan ? `Start version ${plan.version}` : 'Show the plan'}</button>
      <button type="button" onClick=${onClose}>Cancel</button>
    </div>
  </form></${Dialog}>`;
}

function Plan({ plan }) {
  const section = useRef(null);
  useEffect(() => { section.current.scrollIntoView({ block: 'nearest' }); }, [plan]);
  return html`<section ref=${section} aria-label="Plan" class="card"><h3>Plan: version ${plan.version}</h3>
    <p>Reads ${plural(plan.records, 'record')} of ${plural(plan.partitions.length, 'partition')}${plan.bytes ? `, ${count(Math.ceil(plan.bytes / 1048576))} MiB` : ''}.${' '}
      ${plan.completeFrom ? `Results are complete from ${local(plan.completeFrom)} on.` : 'Results are complete.'}</p>
    ${plan.changes.length > 0 ? html`<p>Differs from the active version:</p><ul>${plan.changes.map(change => html`<li><code>${change}</code></li>`)}</ul>`
      : html`<p>Nothing differs from the active version.</p>`}
    ${[...plan.notes, ...plan.truncated].map(note => html`<div class="note">${note}</div>`)}
  </section>`;
}

/** Two versions compared, as of a common event time. */
function Comparison({ view, version, active, onClose }) {
  const [diff, setDiff] = useState(null);
  const [error, setError] = useState(null);
  useEffect(() => {
    call(`views/${view.name}/diff?version=${version.version}&against=${active.version}`).then(setDiff, setError);
  }, []);
  const windows = ['window', 'advance', 'gap'].filter(name => version.parameters[name] !== active.parameters[name]);
  return html`<${Dialog} title=${`Version ${version.version} compared with version ${active.version}`} onClose=${onClose}>
    <${Failure} error=${error} />
    ${!diff && !error && html`<p class="quiet">Comparing. This reads both outputs.</p>`}
    ${diff && windows.length > 0 && html`<div class="note">The versions differ in ${windows.map(name => html`<code>${name}</code> `)}: their results
      have other windows, so that most keys are in one version only. Compare results of the same key by its numbers, not by this share.</div>`}
    ${diff && html`<${Differences} diff=${diff} />`}
    <div class="actions"><button onClick=${onClose}>Close</button></div>
  </${Dialog}>`;
}

function Differences({ diff }) {
  const parts = [['equal', diff.equal, 'equal'], ['changed', diff.changed, 'changed'],
    [`only in version ${diff.old}`, diff.onlyOld, 'only-old'], [`only in version ${diff.new}`, diff.onlyNew, 'only-new']];
  return html`
    <p>${diff.cut ? `As of events of ${local(diff.cut)}.` : 'As they are, with nothing moving.'}${' '}
      ${diff.compared === 0 ? 'No key could be compared.' : `${plural(diff.compared - diff.equal, 'key')} of ${count(diff.compared)} differ.`}</p>
    <svg class="bar" width="100%" height="14" role="img" aria-label=${parts.map(([name, number]) => `${name} ${number}`).join(', ')}>
      ${parts.reduce(({ x, rects }, [, number, style]) => {
        const width = diff.compared === 0 ? 0 : 100 * number / diff.compared;
        rects.push(html`<rect x=${`${x}%`} width=${`${width}%`} height="14" fill=${`var(--${style.replace('only-', '')})`} />`);
        return { x: x + width, rects };
      }, { x: 0, rects: [] }).rects}
    </svg>
    <table><tbody>${parts.map(([name, number]) => html`<tr><td>${name}</td><td class="number">${count(number)}</td></tr>`)}
      ${Object.entries(diff.fields).map(([field, number]) => html`<tr><td>field <code>${field}</code> differs</td><td class="number">${count(number)}</td></tr>`)}
    </tbody></table>
    ${diff.notes.map(note => html`<div class="note">${note}</div>`)}
    ${diff.samples.length > 0 && html`<h3>Samples</h3><div class="scroll"><table>
      <thead><tr><th scope="col">Key</th><th scope="col">Version ${diff.old}</th><th scope="col">Version ${diff.new}</th></tr></thead>
      <tbody>${diff.samples.map(sample => html`<tr><td><code>${value(sample.key)}</code></td>
        <td><code>${sample.old === null ? '–' : value(sample.old)}</code></td><td><code>${sample.new === null ? '–' : value(sample.new)}</code></td></tr>`)}</tbody>
    </table></div>`}`;
}
