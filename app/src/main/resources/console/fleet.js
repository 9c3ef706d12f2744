import { html } from './lib/preact/standalone.module.js';
import { bytes, count, duration, plural, ranges } from './format.js';
import { useAnswer } from './hooks.js';
import { Failure, stateClass, Table } from './parts.js';

const REFRESH_MS = 3000;

/** The instances, what each of them runs, and who serves which partition. */
export function Fleet() {
  const answer = useAnswer('instances', [], REFRESH_MS);
  if (!answer.data) return answer.error ? html`<${Failure} error=${answer.error} />` : html`<p class="quiet">Loading …</p>`;
  const instances = answer.data.instances;
  const newest = Math.max(...instances.map(instance => instance.epoch));
  const pools = [...new Set(instances.map(instance => instance.pool))];
  return html`<h2>Fleet</h2>
    <p class="quiet">${plural(instances.length, 'instance')} in ${plural(pools.length, 'pool')}.</p>
    <${Table} label="Instances" columns=${['Instance', 'Pool', 'State', { text: 'Up', isNumber: true }, { text: 'Heap', isNumber: true }, { text: 'State size', isNumber: true },
      { text: 'Disk free', isNumber: true }, { text: 'To restore', isNumber: true }, { text: 'Catalog epoch', isNumber: true }]}>
      ${instances.map(instance => html`<tr key=${instance.instance}>
        <td>${instance.address}<div class="quiet">${instance.build ?? ''}</div></td><td>${instance.pool}</td>
        <td>${state(instance)}</td>
        <td class="number"><span title=${instance.startedAt ?? ''}>${instance.startedAt ? duration(Date.now() - Date.parse(instance.startedAt)) : '–'}</span></td>
        <td class="number">${bytes(instance.heapUsedBytes)} of ${bytes(instance.heapMaxBytes)}</td>
        <td class="number">${bytes(instance.stateBytes)}</td><td class="number">${bytes(instance.stateFreeBytes)}</td>
        <td class="number">${count(instance.versions.reduce((sum, version) => sum + version.recordsToRestore, 0))}</td>
        <td class=${instance.epoch < newest ? 'number warn' : 'number'}>${instance.epoch}</td>
      </tr>`)}</${Table}>
    <h3>Who serves which partition</h3>
    ${versions(instances).map(version => html`<${Assignment} key=${`${version.view}.v${version.version}`} version=${version} />`)}`;
}

function state(instance) {
  if (instance.problem) return html`<span class="bad">${instance.problem}</span>`;
  if (instance.leaving) return html`<span class="warn">hands over, then stops</span>`;
  const states = Object.entries(Object.groupBy(instance.versions, version => version.state));
  return states.map(([name, some], i) => html`${i > 0 && ', '}<span class=${stateClass(name)}>${some.length} ${name}</span>`);
}

/** Every version with the instances that know of it. */
function versions(instances) {
  const found = new Map();
  for (const instance of instances) {
    for (const version of instance.versions) {
      const name = `${version.view}.v${version.version}`;
      if (!found.has(name)) found.set(name, { view: version.view, version: version.version, instances: [] });
      found.get(name).instances.push({ address: instance.address, ...version });
    }
  }
  return [...found.values()];
}

function Assignment({ version }) {
  return html`<details class="card"><summary>${version.view}.v${version.version}: ${version.instances.map(one => `${one.state} on ${one.address.replace(/^https?:\/\//, '')}`).join(', ')}</summary>
    <${Table} label=${`Partitions of ${version.view}.v${version.version}`} columns=${['Instance', 'Topics', 'Active', 'Standby', { text: 'State size', isNumber: true }, { text: 'To restore', isNumber: true }]}>
      ${version.instances.flatMap(instance => {
        const parts = Object.entries(Object.groupBy(instance.tasks, task => task.subtopology));
        if (parts.length === 0) return [html`<tr><td>${instance.address}</td><td colspan="5" class="quiet">${instance.detail ?? 'no tasks'}</td></tr>`];
        return parts.map(([, tasks], i) => html`<tr>
          ${i === 0 && html`<td rowspan=${parts.length}>${instance.address}</td>`}
          <td>${[...new Set(tasks.flatMap(task => task.topics))].join(', ')}</td>
          <td>${ranges(tasks.filter(task => task.role === 'active').map(task => task.partition))}</td>
          <td>${ranges(tasks.filter(task => task.role === 'standby').map(task => task.partition))}</td>
          ${i === 0 && html`<td class="number" rowspan=${parts.length}>${bytes(instance.stateBytes)}</td><td class="number" rowspan=${parts.length}>${count(instance.recordsToRestore)}</td>`}
        </tr>`);
      })}</${Table}></details>`;
}

