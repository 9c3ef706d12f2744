import { html } from './lib/preact/standalone.module.js';
import { Sparkline } from './charts.js';
import { count, rate, since } from './format.js';
import { useAnswer } from './hooks.js';
import { Problems, problemsOf, stateClass, stateOf, Table } from './parts.js';
import { isUnderWay } from './phases.js';

const ACTIVITY_MS = 10000;

/** All views; those with problems first. */
export function Overview({ views }) {
  const activity = useAnswer('activity', [], ACTIVITY_MS);
  const series = new Map((activity.data?.series ?? []).map(one => [one.view, one]));
  const sorted = [...views].sort((a, b) => problemsOf(b).length - problemsOf(a).length || a.name.localeCompare(b.name));
  const troubled = views.filter(view => problemsOf(view).length > 0).length;
  return html`
    <h2>Views</h2>
    ${views.length === 0 && html`<p>No view runs yet. Add views to the class path of the instances: <code>kappa run --views my.jar</code></p>`}
    ${views.length > 0 && html`<p class="quiet">${views.length} views, ${troubled === 0 ? 'no problems' : html`<span class="bad">${troubled} with problems</span>`}.</p>
    <${Table} label="Views" columns=${['View', 'State', { text: 'Version', isNumber: true }, { text: 'Newest event', isNumber: true },
      { text: 'To read', isNumber: true }, { text: 'In / s', isNumber: true }, { text: 'Out / s', isNumber: true },
      { text: 'Dead letters, 15 min', isNumber: true }, 'Read, 15 min']}>
      ${sorted.map(view => html`<${Row} key=${view.name} view=${view} series=${series.get(view.name)} />`)}
    </${Table}>`}`;
}

function Row({ view, series }) {
  const active = view.versions.find(version => version.version === view.activeVersion);
  const replay = view.versions.find(isUnderWay);
  const activity = active?.activity;
  const state = stateOf(view);
  return html`<tr>
    <td><a href=${`#/views/${view.name}`}>${view.name}</a><div class="quiet">${view.description}</div><${Problems} view=${view} />
      ${replay && html`<div class="note">Version ${replay.version} is ${replay.phase}.</div>`}</td>
    <td class=${stateClass(state)}>${state}</td>
    <td class="number">${view.activeVersion ?? '–'}</td>
    <td class="number"><span title=${activity?.newestEvent ?? ''}>${since(activity?.newestEvent)}</span></td>
    <td class="number">${count(activity?.lag)}</td>
    <td class="number">${rate(activity?.readPerSecond)}</td>
    <td class="number">${rate(activity?.writtenPerSecond)}</td>
    <td class="number">${activity?.deadLetters ? html`<a class="warn" href=${`#/views/${view.name}/dead-letters`}>${count(activity.deadLetters)}</a>` : '0'}</td>
    <td><${Sparkline} values=${series?.readPerSecond} label="Records read" /></td>
  </tr>`;
}
