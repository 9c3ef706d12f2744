import { html } from './lib/preact/standalone.module.js';
import { DeadLetters } from './dead-letters.js';
import { Diff } from './diff.js';
import { Topologies } from './graph.js';
import { useAnswer } from './hooks.js';
import { may, Problems, Table, Time } from './parts.js';
import { Replays } from './replays.js';
import { Stores } from './stores.js';

const TABS = [['versions', 'Versions'], ['topology', 'Topology'], ['query', 'Query'], ['dead-letters', 'Dead letters'], ['audit', 'Audit trail']];

/**
 * A view, in tabs.
 * @param {{summary: object, versions: object[], epoch: number, refresh: () => Promise<void>, caller: object, tab: string, rest: string[]}} state
 */
export function View({ summary, versions, epoch, refresh, caller, tab, rest }) {
  const name = summary.name;
  const details = useAnswer(`views/${name}`, [epoch]);
  const history = useAnswer(tab === 'audit' ? `views/${name}/history` : null, [epoch]);
  const active = versions?.find(version => version.phase === 'ACTIVE');
  const tabs = TABS.filter(([id]) => id !== 'dead-letters' || may(caller, 'operator', name));
  return html`
    <p class="path"><a href="#/">Views</a></p>
    <h2>${name}</h2>
    <p class="quiet">${summary.description}</p>
    <${Problems} view=${summary} />
    <nav class="tabs" aria-label="Parts of the view">${tabs.map(([id, text]) => html`
      <a href=${`#/views/${name}${id === 'versions' ? '' : `/${id}`}`} aria-current=${id === tab ? 'page' : null}>${text}</a>`)}</nav>
    ${!versions || !details.data ? html`<p class="quiet">Loading …</p>`
      : tab === 'topology' ? html`<${Topologies} view=${details.data} versions=${versions} />`
        : tab === 'query' ? html`<${Stores} view=${details.data} versions=${versions} />`
          : tab === 'dead-letters' ? html`<${DeadLetters} view=${details.data} />`
            : tab === 'audit' ? html`<${History} changes=${history.data?.changes ?? []} />`
              : tab === 'diff' ? html`<${Diff} view=${details.data} versions=${versions} number=${Number(rest[0])} active=${active} />`
                : html`<${Replays} view=${details.data} versions=${versions} caller=${caller} onChanged=${refresh} />`}`;
}

function History({ changes }) {
  return html`<${Table} label="Audit trail" columns=${['When', 'Who', 'What', 'Change']}>
    ${[...changes].reverse().slice(0, 100).map(change => html`<tr key=${change.epoch}>
      <td><${Time} at=${change.at} /></td><td>${change.operator} <span class="quiet">${change.host}</span></td><td>${change.command}</td>
      <td>${change.steps.map(step => html`<div>version ${step.version}: ${step.before ? `${step.before} → ` : ''}${step.after}
        ${step.note && html`<span class="quiet">, ${step.note}</span>`}</div>`)}</td>
    </tr>`)}</${Table}>`;
}
