import { html, useEffect, useRef } from './lib/preact/standalone.module.js';
import { local, plural } from './format.js';

/** A dialog that is open for as long as it is rendered; Escape closes it. */
export function Dialog({ title, onClose, children }) {
  const dialog = useRef(null);
  useEffect(() => { dialog.current.showModal(); }, []);
  return html`<dialog ref=${dialog} aria-label=${title} onClose=${onClose}>
    <h2>${title}</h2>${children}
  </dialog>`;
}

/** The reason why a request failed. */
export function Failure({ error }) {
  const element = useRef(null);
  useEffect(() => { element.current?.scrollIntoView({ block: 'nearest' }); }, [error]);
  return error && html`<div ref=${element} class="problem" role="alert">
    ${error.status === 409 ? 'Somebody else was faster. ' : ''}${error.message}
  </div>`;
}

/** An instant in local time, in UTC when the pointer is on it. */
export function Time({ at }) {
  return html`<time datetime=${at} title=${at}>${local(at)}</time>`;
}

/** A table that scrolls by itself where the page is too narrow. */
export function Table({ columns, children, label }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}><table>
    <thead><tr>${columns.map(column => html`<th scope="col" class=${column.isNumber ? 'number' : ''}>${column.text ?? column}</th>`)}</tr></thead>
    <tbody>${children}</tbody></table></div>`;
}

/** The problems of a view with their remedies; empty when all is well. */
export function problemsOf(view) {
  const problems = [];
  if (view.problem) problems.push({ text: view.problem });
  if (view.state === 'NEEDS_REPLAY') {
    problems.push({ text: 'This build makes other results than the active version.', remedy: `kappa replay start ${view.name}` });
  }
  for (const version of view.versions) {
    const name = `Version ${version.version}`;
    const states = version.activity.instances;
    if (version.state === 'FAILED' || version.state === 'POSITION_LOST' || version.phase === 'FAILED') {
      const failed = version.phase === 'FAILED' ? 'its replay has FAILED' : `is ${version.state}`;
      problems.push({ text: `${name}: ${failed}. ${version.detail ?? ''}` });
    } else if (states.FAILED || states.POSITION_LOST) {
      problems.push({
        text: `${name} is ${states.FAILED ? 'FAILED' : 'POSITION_LOST'} on ${plural(states.FAILED ?? states.POSITION_LOST, 'instance')}.`,
        remedy: `kappa version restart ${view.name}`,
      });
    } else if (['ACTIVE', 'STANDBY', 'REPLAYING', 'CAUGHT_UP'].includes(version.phase) && !states.RUNNING && !states.REBALANCING && !states.STARTING) {
      problems.push({ text: `${name} is ${version.phase}, and no instance runs it.`, remedy: 'Start an instance with its code.' });
    }
    version.gaps.forEach(gap => problems.push({
      text: `${name}: ${plural(gap.count, 'record')} of ${gap.topic}, partition ${gap.partition}, were deleted before they were read.`,
      remedy: `kappa replay start ${view.name}`,
    }));
    version.inputProblems.forEach(found => problems.push({ text: `${name}, input ${found.topic}: ${found.detail}.`, remedy: found.remedy }));
  }
  return problems;
}

/** The problems of a view. */
export function Problems({ view }) {
  return problemsOf(view).map(problem => html`
    <div class="problem">${problem.text}${problem.remedy && html`<br /><code>${problem.remedy}</code>`}</div>`);
}

/** The state of a view's active version in the fleet: RUNNING where one instance runs it, whatever the one that answers does. */
export function stateOf(view) {
  if (view.problem) return view.state;
  const states = view.versions.find(version => version.version === view.activeVersion)?.activity.instances ?? {};
  return ['RUNNING', 'POSITION_LOST', 'FAILED', ...Object.keys(states)].find(state => states[state]) ?? view.state ?? '–';
}

/** The style of a state. */
export function stateClass(state) {
  if (state === 'RUNNING') return 'good';
  return ['FAILED', 'POSITION_LOST', 'UNREADABLE', 'NEEDS_REPLAY'].includes(state) ? 'bad' : 'warn';
}

/** Whether one of the caller's roles includes a role for a view. */
export function may(caller, role, view) {
  const order = ['reader', 'operator', 'admin'];
  return caller.roles.some(grant => order.indexOf(grant.role) >= order.indexOf(role) && (grant.view === null || grant.view === view));
}
