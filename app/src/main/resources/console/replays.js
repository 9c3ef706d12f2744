import { html, useEffect, useRef, useState } from './lib/preact/standalone.module.js';
import { call } from './api.js';
import { Chart } from './charts.js';
import { bytes, count, duration, local, plural, rate, since } from './format.js';
import { useAnswer } from './hooks.js';
import { Dialog, Failure, may, Time } from './parts.js';
import { isOver, isUnderWay } from './phases.js';

const ACTIVITY_MS = 10000;

/** The versions of a view, what can be done with each, and a new replay. */
export function Replays({ view, versions, caller, onChanged }) {
  const [dialog, setDialog] = useState(null);
  const close = () => setDialog(null);
  const done = async () => { await onChanged(); close(); };
  const underWay = versions.find(isUnderWay);
  const active = versions.find(version => version.phase === 'ACTIVE');
  const isOperator = may(caller, 'operator', view.name);
  return html`
    <${Timeline} versions=${versions} />
    ${[...versions].reverse().filter(version => !isOver(version)).map(version => html`
      <${Version} key=${version.version} view=${view} version=${version} active=${active} caller=${caller} onAction=${setDialog} />`)}
    <${Past} versions=${versions} />
    ${isOperator && html`<div class="actions">
      <button class="primary" disabled=${Boolean(underWay)} onClick=${() => setDialog({ kind: 'replay' })}>New replay</button>
      ${underWay && html`<span class="quiet">One replay of a view is under way at a time: version ${underWay.version} is ${underWay.phase}.</span>`}
    </div>`}
    <${Throughput} view=${view} />
    ${dialog?.kind === 'replay' && html`<${NewReplay} view=${view} active=${active} onClose=${close} onDone=${done} />`}
    ${dialog?.kind === 'act' && html`<${Confirmation} view=${view} action=${dialog} onClose=${close} onDone=${done} />`}`;
}

/** The phases of the newest versions, in the order of a version's life. */
function Timeline({ versions }) {
  const life = ['PLANNED', 'REPLAYING', 'CAUGHT_UP', 'ACTIVE', 'STANDBY', 'RETIRED'];
  return html`<ol class="timeline" aria-label="Versions and their phases">
    ${versions.slice(-6).map(version => html`<li key=${version.version}><span class="name">v${version.version}</span>
      ${(life.includes(version.phase) ? life : [version.phase]).map(phase => html`<span class=${`step ${phase === version.phase ? `now ${phase}` : ''}`}
        aria-current=${phase === version.phase ? 'step' : null}>${phase}</span>`)}
      <span class="quiet">last changed ${local(version.changedAt)}</span></li>`)}</ol>`;
}

function Past({ versions }) {
  const past = versions.filter(isOver);
  return past.length > 0 && html`<p class="quiet">
    Earlier: ${past.map(version => `version ${version.version} (${version.phase})`).join(', ')}</p>`;
}

/** Records read per second of each running version, over a quarter of an hour. */
function Throughput({ view }) {
  const activity = useAnswer(`activity?view=${view.name}`, [], ACTIVITY_MS);
  const series = (activity.data?.series ?? []).filter(one => one.at.length > 1);
  if (series.length === 0) return html`<h3>Throughput</h3><p class="quiet">The chart needs half a minute of measurements.</p>`;
  const at = [...new Set(series.flatMap(one => one.at))].sort();
  const aligned = (one, values) => at.map(time => (one.at.includes(time) ? values[one.at.indexOf(time)] : null));
  const data = { at: at.map(time => Date.parse(time) / 1000), lines: series.map(one => ({ name: `v${one.version} records read / s`, values: aligned(one, one.readPerSecond) })) };
  const lag = { at: data.at, lines: series.map(one => ({ name: `v${one.version} records not fetched yet`, values: aligned(one, one.lag) })) };
  return html`<h3>Throughput</h3><div class="beside">
    <${Chart} data=${data} label="Records read per second by each version, over 15 minutes" />
    <${Chart} data=${lag} label="Records of each version that are not fetched yet, over 15 minutes" /></div>`;
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

function Version({ view, version, active, caller, onAction }) {
  const number = version.version;
  const act = (name, text, more) => onAction({ kind: 'act', name, version: number, ...text, ...more });
  const progress = version.progress;
  const activity = version.activity;
  const isOperator = may(caller, 'operator', view.name);
  const chosen = Object.entries(version.parameters).filter(([name, text]) => !active || active.version === number || active.parameters[name] !== text);
  return html`<section class="card" aria-label=${`Version ${number}`}>
    <h3>Version ${number}</h3><span class=${`badge ${version.phase === 'ACTIVE' ? 'good' : version.phase === 'FAILED' ? 'bad' : 'quiet'}`}>${version.phase}</span>
    <p class="quiet">${MEANING[version.phase] ?? ''} ${version.detail ?? ''}</p>
    ${version.phase === 'REPLAYING' && progress && html`<${Progress} progress=${progress} />`}
    <p>${chosen.map(([name, text]) => html`<code class=${active && active.version !== number ? 'differs' : ''}>${name}=${text}</code> `)}
      ${active && active.version !== number && html`<span class="quiet">${chosen.length > 0 ? 'differs from the active version' : 'The same parameters as the active version'}</span>`}</p>
    <dl class="figures">
      <div><dt>To read</dt><dd>${count(progress?.lag ?? activity.lag)}</dd></div>
      <div><dt>In / s</dt><dd>${rate(activity.readPerSecond)}</dd></div>
      <div><dt>Out / s</dt><dd>${rate(activity.writtenPerSecond)}</dd></div>
      <div><dt>Newest event</dt><dd><span title=${activity.newestEvent ?? ''}>${since(activity.newestEvent)}</span></dd></div>
      <div><dt>Late, left out</dt><dd>${count(activity.late)}</dd></div>
      <div><dt>Instances</dt><dd>${Object.entries(activity.instances).map(([state, some]) => `${some} ${state}`).join(', ') || 'none'}</dd></div>
      <div><dt>Created</dt><dd><${Time} at=${version.createdAt} /></dd></div>
    </dl>
    ${version.waiting?.filter(wait => Date.now() - Date.parse(wait.since) > LONG_WAIT_MS).map(wait => html`<div class="note">${wait.partition} waits for ${wait.waitsFor} since ${local(wait.since)}.</div>`)}
    <div class="actions">
      ${isOperator && active && number !== active.version && version.phase !== 'PLANNED' && html`<a class="button" href=${`#/views/${view.name}/diff/${number}`}>Compare with version ${active.version}</a>`}
      ${isOperator && version.phase === 'CAUGHT_UP' && html`<button class="primary" onClick=${() => act('switch', {
        title: `Switch readers to version ${number}`,
        says: `Readers get the results of version ${number} from now on. Version ${active?.version} stays in STANDBY, and you can switch back.`,
      })}>Switch readers</button>`}
      ${isOperator && version.phase === 'STANDBY' && html`<button onClick=${() => act('switch', {
        title: `Switch readers back to version ${number}`,
        says: `Readers get the results of version ${number} again. Version ${active?.version} stays in STANDBY.`,
      })}>Switch back</button>`}
      ${may(caller, 'admin', view.name) && version.phase === 'STANDBY' && html`<button class="danger" onClick=${() => act('retire', {
        title: `Retire version ${number}`,
        says: 'It is stopped, and its state, consumer group and internal topics are deleted. Readers cannot be switched back to it.',
      }, { isFinal: true, body: { deleteOutput: true } })}>Retire</button>`}
      ${isOperator && isUnderWay(version) && html`<button class="danger" onClick=${() => act('abort', {
        title: `Abort version ${number}`,
        says: 'The replay is stopped, and everything that it made is deleted.',
      }, { isFinal: true })}>Abort</button>`}
      ${isOperator && version.phase === 'REPLAYING' && html`<button onClick=${() => act('throttle', {
        title: `Limit the rate of version ${number}`,
        says: 'Records a second over all instances. Leave the field empty for no limit.',
      }, { asksRate: true, maxRate: progress?.maxRate })}>Limit rate</button>`}
      ${isOperator && (version.state === 'FAILED' || activity.instances.FAILED) && html`<button onClick=${() => act('restart', {
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
  const perSecond = seconds > 1 ? (progress.read - first.read) / seconds : 0;
  const left = progress.total - progress.done;
  return html`
    <progress max=${Math.max(1, progress.total)} value=${progress.done} aria-label="Progress of the replay"></progress>
    <p>${count(progress.done)} of ${plural(progress.total, 'record')}${perSecond > 0 && seconds > 5 ? `, ${rate(perSecond)} a second, ${duration(1000 * left / perSecond)} left` : ''}${
      progress.maxRate ? `, limited to ${count(progress.maxRate)} a second` : ''}.
      ${progress.eventTime && ` At events of ${local(progress.eventTime)}.`}</p>`;
}

function Confirmation({ view, action, onClose, onDone }) {
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const [typed, setTyped] = useState('');
  const [maxRate, setMaxRate] = useState(action.maxRate ? String(action.maxRate) : '');
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
    if (action.asksRate && maxRate) body.maxRate = Number(maxRate);
    try {
      await call(`views/${view.name}/${action.name}`, body);
      await onDone();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  };
  return html`<${Dialog} title=${action.title} onClose=${onClose}><form onSubmit=${submit}>
    <p>${action.says}</p>
    ${removed && html`<p>This deletes:</p><ul>${removed.topics.map(topic => html`<li>topic <code>${topic}</code></li>`)}<li>consumer group <code>${removed.group}</code></li></ul>`}
    ${action.asksRate && html`<label for="rate">Records a second</label>
      <input id="rate" inputmode="numeric" pattern="[1-9][0-9]*" title="A whole number from 1" value=${maxRate} onInput=${event => setMaxRate(event.target.value)} />`}
    ${action.isFinal && html`<label for="typed">Type <code>${name}</code> to confirm: this cannot be undone</label>
      <input id="typed" autocomplete="off" value=${typed} onInput=${event => setTyped(event.target.value)} />`}
    <${Failure} error=${error} />
    <div class="actions">
      <button class=${action.isFinal ? 'danger' : 'primary'} disabled=${isBusy || error?.status === 409 || (action.isFinal && typed !== name)}>${isBusy ? 'Working …' : action.title}</button>
      <button type="button" onClick=${onClose}>Cancel</button>
    </div>
  </form></${Dialog}>`;
}

/** A form of the definition's parameters; the plan is shown before anything is created. */
function NewReplay({ view, active, onClose, onDone }) {
  const [set, setSet] = useState({});
  const [from, setFrom] = useState('earliest');
  const [maxRate, setMaxRate] = useState('');
  const [isTruncated, setTruncated] = useState(false);
  const [plan, setPlan] = useState(null);
  const [error, setError] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const request = () => {
    const body = { from: from || 'earliest', set: Object.fromEntries(Object.entries(set).filter(([, text]) => text !== '')) };
    if (maxRate) body.maxRate = Number(maxRate);
    if (isTruncated) body.allowTruncated = true;
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
  const change = then => event => { setPlan(null); setError(null); then(event.target.type === 'checkbox' ? event.target.checked : event.target.value); };
  const field = parameter => html`<div key=${parameter.name}>
    <label for=${`set-${parameter.name}`}>${parameter.name}</label>
    ${choices(parameter) ? html`<select id=${`set-${parameter.name}`} value=${set[parameter.name] ?? ''} onChange=${change(text => setSet({ ...set, [parameter.name]: text }))}>
        <option value="">as now</option>${choices(parameter).map(choice => html`<option value=${choice}>${choice}</option>`)}</select>`
      : html`<input id=${`set-${parameter.name}`} placeholder=${active?.parameters[parameter.name] ?? parameter.default ?? ''}
      value=${set[parameter.name] ?? ''} onInput=${change(text => setSet({ ...set, [parameter.name]: text }))} />`}
    <p class="hint">${parameter.description} (${parameter.limit || parameter.type}). Now ${active?.parameters[parameter.name] ?? parameter.default}${
      explained(active?.parameters[parameter.name] ?? parameter.default)}.</p>
  </div>`;
  const submit = event => {
    event.preventDefault();
    if (plan) {
      send({ epoch: plan.epoch }, onDone);
    } else {
      send({ dryRun: true }, setPlan);
    }
  };
  return html`<${Dialog} title=${`New replay of ${view.name}`} onClose=${onClose}><form onSubmit=${submit}>
    <p>A new version reads the history beside the active one. Readers notice nothing until you switch. Change what should differ; an empty field keeps its value.
      Durations are written as PT10M (10 minutes), PT1H (1 hour) or P7D (7 days).</p>
    <div class="fields">${view.parameters.filter(parameter => !isOfInput(parameter)).map(field)}</div>
    <details><summary>Settings of the inputs</summary><div class="fields">${view.parameters.filter(isOfInput).map(field)}</div></details>
    <div class="fields"><div><label for="from">From</label><input id="from" value=${from} onInput=${change(setFrom)} />
      <p class="hint">earliest, a time such as 2026-01-01T00:00:00Z, or how far back from now, such as P7D (7 days) or PT6H (6 hours).</p></div>
    <div><label for="max-rate">Limit, records a second</label><input id="max-rate" inputmode="numeric" pattern="[1-9][0-9]*" title="A whole number from 1" value=${maxRate} onInput=${change(setMaxRate)} />
      <p class="hint">Empty: as fast as it can.</p></div></div>
    <p><input type="checkbox" id="truncated" checked=${isTruncated} onChange=${change(setTruncated)} /> <label class="inline" for="truncated">Start even if the oldest records of an input have been deleted</label></p>
    ${plan && html`<${Plan} plan=${plan} />`}
    <${Failure} error=${error} />
    <div class="actions">
      <button class="primary" disabled=${isBusy}>${plan ? `Start version ${plan.version}` : 'Show the plan'}</button>
      <button type="button" onClick=${onClose}>Cancel</button>
    </div>
  </form></${Dialog}>`;
}

/** The values that a parameter may have, where these are few. */
function choices(parameter) {
  return parameter.limit?.startsWith('one of ') ? parameter.limit.slice('one of '.length).replace(/[[\]]/g, '').split(', ') : null;
}

/** An ISO-8601 duration in words: PT1H is 1 hour. */
function explained(text) {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(text ?? '');
  if (!parts) return '';
  const said = ['day', 'hour', 'minute', 'second'].map((unit, i) => (parts[i + 1] ? plural(Number(parts[i + 1]), unit) : '')).filter(Boolean);
  return said.length > 0 ? ` (${said.join(' ')})` : '';
}

function Plan({ plan }) {
  const section = useRef(null);
  useEffect(() => { section.current.scrollIntoView({ block: 'nearest' }); }, [plan]);
  return html`<section ref=${section} aria-label="Plan" class="card"><h3>Plan: version ${plan.version}</h3>
    <p>Reads ${plural(plan.records, 'record')} of ${plural(plan.partitions.length, 'partition')}${plan.bytes ? `, ${bytes(plan.bytes)}` : ''}.${' '}
      ${plan.completeFrom ? `Results are complete from ${local(plan.completeFrom)} on.` : 'Results are complete.'}</p>
    ${plan.changes.length > 0 ? html`<p>Differs from the active version:</p><ul>${plan.changes.map(change => html`<li><code>${change}</code></li>`)}</ul>`
      : html`<p>Nothing differs from the active version.</p>`}
    <details><summary>Creates ${plural(plan.topics.length, 'topic')}</summary><ul>${plan.topics.map(topic => html`<li><code>${topic}</code></li>`)}</ul></details>
    ${[...plan.notes, ...plan.truncated].map(note => html`<div class="note">${note}</div>`)}
  </section>`;
}
