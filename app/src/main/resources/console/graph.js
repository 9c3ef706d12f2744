import { html, useEffect, useRef, useState } from './lib/preact/standalone.module.js';
import { bytes, count, plural, rate, since } from './format.js';
import { useAnswer } from './hooks.js';
import { Failure, stateClass, stateOf, Table } from './parts.js';
import { isOver } from './phases.js';

const REFRESH_MS = 2000;
const LETTER = 7.8;
const LINE = 17;

let layoutLibrary = null;
let graphs = 0;

/**
 * @typedef {{id: string, kind: string, lines: string[], href?: string, style?: string, isSelectable?: boolean}} GraphNode
 * @typedef {{from: string, to: string, label?: string, isDashed?: boolean}} GraphEdge
 */

/** dagre is a script of the old kind, which leaves its name with the window. */
async function dagre() {
  layoutLibrary ??= import('./dagre/dagre.min.js').then(() => window['dagre']);
  return layoutLibrary;
}

/**
 * A graph, laid out from left to right.
 * @param {{nodes: GraphNode[], edges: GraphEdge[], label: string, onSelect?: (id: string) => void}} graph
 */
export function Graph({ nodes, edges, label, onSelect }) {
  const [layout, setLayout] = useState(null);
  const [arrow] = useState(() => `arrow-${graphs++}`);
  const shape = JSON.stringify([nodes.map(node => [node.id, node.lines.length, Math.max(...node.lines.map(line => line.length))]), edges.map(edge => [edge.from, edge.to])]);
  useEffect(() => {
    let isCurrent = true;
    dagre().then(library => {
      const graph = new library.graphlib.Graph();
      graph.setGraph({ rankdir: 'LR', nodesep: 22, ranksep: 48, marginx: 8, marginy: 8 });
      graph.setDefaultEdgeLabel(() => ({}));
      nodes.forEach(node => graph.setNode(node.id, {
        // Room for figures that grow.
        width: LETTER * Math.max(10, ...node.lines.map(line => line.length)) + 16, height: LINE * node.lines.length + 14,
      }));
      edges.forEach(edge => graph.setEdge(edge.from, edge.to));
      library.layout(graph);
      if (isCurrent) setLayout(graph);
    });
    return () => { isCurrent = false; };
  }, [shape]);
  if (!layout || nodes.some(node => !layout.node(node.id))) return html`<p class="quiet">Drawing …</p>`;
  const { width, height } = layout.graph();
  return html`<div class="scroll graph" tabindex="0" role="region" aria-label=${label}>
    <svg style=${{ maxWidth: `${Math.ceil(width)}px`, minWidth: `${Math.ceil(0.7 * width)}px` }} viewBox=${`0 0 ${Math.ceil(width)} ${Math.ceil(height)}`} role="group" aria-label=${label}>
      <defs><marker id=${arrow} class="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" /></marker></defs>
      ${edges.map(edge => html`<${Edge} edge=${edge} arrow=${arrow} points=${layout.edge(edge.from, edge.to)?.points ?? []} />`)}
      ${nodes.map(node => html`<${Box} node=${node} place=${layout.node(node.id)} onSelect=${onSelect} />`)}
    </svg></div>`;
}

function Edge({ edge, arrow, points }) {
  if (points.length === 0) return null;
  const middle = points[Math.floor(points.length / 2)];
  return html`<g class=${edge.isDashed ? 'edge dashed' : 'edge'}>
    <path d=${points.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')} marker-end=${edge.isDashed ? null : `url(#${arrow})`} />
    ${edge.label && html`<text x=${middle.x} y=${middle.y - 5} text-anchor="middle">${edge.label}</text>`}</g>`;
}

function Box({ node, place, onSelect }) {
  const x = place.x - place.width / 2;
  const y = place.y - place.height / 2;
  const box = html`<rect x=${x} y=${y} width=${place.width} height=${place.height} rx=${node.kind === 'operator' ? 5 : 14} />
    ${node.lines.map((line, i) => html`<text class=${i === 0 || node.kind === 'operator' && !/ /.test(line) ? 'name' : ''} x=${place.x} y=${y + 20 + LINE * i} text-anchor="middle">${line}</text>`)}`;
  const style = `node ${node.kind} ${node.style ?? ''}`;
  if (node.href) return html`<a class=${style} href=${node.href}>${box}</a>`;
  if (onSelect && node.isSelectable) {
    const select = event => {
      if (event.type === 'click' || event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        onSelect(node.id);
      }
    };
    return html`<g class=${style} role="button" tabindex="0" aria-label=${`Partitions of ${node.lines[0]}`} onClick=${select} onKeyDown=${select}>${box}</g>`;
  }
  return html`<g class=${style}>${box}</g>`;
}

/** Rates from one answer to the next, by node and figure. */
function useRates(topology) {
  const before = useRef(null);
  const rates = useRef({});
  if (topology && before.current?.topology !== topology) {
    const now = { topology, at: Date.now() };
    if (before.current) {
      const seconds = (now.at - before.current.at) / 1000;
      const old = Object.fromEntries(before.current.topology.nodes.map(node => [node.id, node]));
      rates.current = Object.fromEntries(topology.nodes.map(node => [node.id, Object.fromEntries(['consumed', 'produced']
        .filter(figure => node[figure] !== null && old[node.id] && old[node.id][figure] !== null)
        .map(figure => [figure, Math.max(0, node[figure] - old[node.id][figure]) / seconds]))]));
    }
    before.current = now;
  }
  return rates.current;
}

/**
 * Operators that follow each other without a branch, each chain under the id of its first: a long graph is easier to read with them in one
 * box.
 */
function chains({ nodes, edges }) {
  const isOperator = new Set(nodes.filter(node => node.kind === 'operator').map(node => node.id));
  const flow = edges.filter(edge => !edge.to.startsWith('store:'));
  const next = id => flow.filter(edge => edge.from === id);
  const before = id => flow.filter(edge => edge.to === id);
  const leader = new Map(nodes.map(node => [node.id, node.id]));
  const follows = id => isOperator.has(id) && before(id).length === 1 && isOperator.has(before(id)[0].from) && next(before(id)[0].from).length === 1;
  for (const node of nodes) {
    for (let first = node.id; follows(first);) {
      first = before(first)[0].from;
      leader.set(node.id, first);
    }
  }
  return leader;
}

/** The graph with a node for each chain of operators. */
function joined(topology) {
  const leader = chains(topology);
  const distance = id => {
    const edge = topology.edges.find(one => one.to === id);
    return leader.get(id) === id || !edge ? 0 : 1 + distance(edge.from);
  };
  const nodes = topology.nodes.filter(node => leader.get(node.id) === node.id).map(node => ({
    ...node, members: topology.nodes.filter(one => leader.get(one.id) === node.id).sort((a, b) => distance(a.id) - distance(b.id)),
  }));
  const edges = topology.edges.map(edge => ({ ...edge, from: leader.get(edge.from), to: leader.get(edge.to), source: edge.from, target: edge.to }))
    .filter((edge, i, all) => edge.from !== edge.to && all.findIndex(one => one.from === edge.from && one.to === edge.to) === i);
  return { nodes, edges };
}

function lines(node, rates) {
  if (node.members.length > 1) return node.members.flatMap(member => lines({ ...member, members: [] }, rates));
  const found = [node.name];
  if (node.lag) found.push(`${count(node.lag)} to read`);
  if (node.bytes !== null) found.push(bytes(node.bytes));
  if (node.late) found.push(`${count(node.late)} late, left out`);
  if (node.kind === 'output' && rates[node.id]?.produced !== undefined) found.push(`${rate(rates[node.id].produced)}/s`);
  return found;
}

function VersionGraph({ view, version }) {
  const answer = useAnswer(`views/${view.name}/topology?version=${version.version}`, [], REFRESH_MS);
  const rates = useRates(answer.data);
  const [selected, setSelected] = useState(null);
  if (!answer.data) return answer.error ? html`<${Failure} error=${answer.error} />` : html`<p class="quiet">Loading …</p>`;
  const byId = Object.fromEntries(answer.data.nodes.map(node => [node.id, node]));
  const graph = joined(answer.data);
  const nodes = graph.nodes.map(node => ({
    id: node.id, kind: node.kind, lines: lines(node, rates), isSelectable: ['stream', 'table'].includes(node.kind),
    style: node.members.some(member => member.late) ? 'warned' : '',
  }));
  const edges = graph.edges.map(edge => {
    const perSecond = rates[edge.source]?.consumed ?? rates[edge.target]?.produced;
    return { ...edge, isDashed: byId[edge.to].kind === 'store', label: perSecond === undefined ? '' : `${rate(perSecond)}/s` };
  });
  const topic = selected && byId[selected].name;
  return html`<section class="card" aria-label=${`Topology of version ${version.version}`}>
    <h3>Version ${version.version}</h3><span class="badge quiet">${version.phase}</span>
    ${version.activity.deadLetters > 0 && html` <a class="badge warn" href=${`#/views/${view.name}/dead-letters`}>${plural(version.activity.deadLetters, 'dead letter')} in 15 min</a>`}
    ${answer.data.missing.length > 0 && html`<div class="note">Without the counts of ${answer.data.missing.join(', ')}: no answer.</div>`}
    <${Graph} nodes=${nodes} edges=${edges} label=${`Graph of version ${version.version}`} onSelect=${setSelected} />
    ${topic && html`<${Partitions} topic=${topic} version=${version} onClose=${() => setSelected(null)} />`}
    <details><summary>As a table</summary><${Table} label=${`Nodes of version ${version.version}`} columns=${['Node', 'Kind', { text: 'In / s', isNumber: true }, { text: 'Out / s', isNumber: true },
      { text: 'To read', isNumber: true }, { text: 'Late', isNumber: true }, { text: 'Entries, RocksDB’s estimate', isNumber: true }, { text: 'Size', isNumber: true }]}>
      ${answer.data.nodes.map(node => html`<tr key=${node.id}><td>${node.name}</td><td>${node.kind}</td><td class="number">${rate(rates[node.id]?.consumed)}</td>
        <td class="number">${rate(rates[node.id]?.produced)}</td><td class="number">${count(node.lag)}</td><td class="number">${count(node.late)}</td>
        <td class="number">${count(node.entries)}</td><td class="number">${bytes(node.bytes)}</td></tr>`)}</${Table}></details>
  </section>`;
}

/** The partitions of an input, the slowest first, and what waits for each. */
function Partitions({ topic, version, onClose }) {
  const partitions = (version.progress?.partitions ?? []).filter(partition => partition.topic === topic)
    .sort((a, b) => (b.end - b.position) - (a.end - a.position) || a.partition - b.partition);
  const waiting = version.waiting ?? [];
  return html`<h4>Partitions of ${topic}</h4>
    <${Table} label=${`Partitions of ${topic} in version ${version.version}`} columns=${[{ text: 'Partition', isNumber: true }, { text: 'Position', isNumber: true }, { text: 'End', isNumber: true },
      { text: 'To read', isNumber: true }, 'Waits for', 'Waited for by']}>
      ${partitions.map(partition => {
        const name = `${topic}-${partition.partition}`;
        const own = waiting.find(wait => wait.partition === name);
        const others = waiting.filter(wait => wait.waitsFor === name).map(wait => wait.partition);
        return html`<tr key=${name}><td class="number">${partition.partition}</td><td class="number">${count(partition.position)}</td>
          <td class="number">${count(partition.end)}</td><td class="number">${count(partition.end - partition.position)}</td>
          <td>${own ? `${own.waitsFor}, since ${since(own.since)}` : ''}</td><td>${others.join(', ')}</td></tr>`;
      })}</${Table}>
    <div class="actions"><button onClick=${onClose}>Close</button></div>`;
}

/** The topologies of a view's versions, one beside the other. */
export function Topologies({ view, versions }) {
  const running = versions.filter(version => !isOver(version) && version.phase !== 'PLANNED' && version.phase !== 'FAILED');
  return html`<p class="quiet">From the input topics on the left to the output topic on the right. Rates are those of the whole fleet. Choose an input to see its partitions.</p>
    <div class="beside wide">${running.map(version => html`<${VersionGraph} key=${version.version} view=${view} version=${version} />`)}</div>`;
}

/** Topics, views, and the topics that they publish to. */
export function System({ views }) {
  const nodes = new Map();
  const edges = [];
  const topic = (name, kind) => nodes.set(`topic:${name}`, nodes.get(`topic:${name}`) ?? { id: `topic:${name}`, kind, lines: [name] });
  for (const view of views) {
    const active = view.versions.find(version => version.version === view.activeVersion);
    const more = view.versions.length > 1 ? `, ${view.versions.length} versions` : '';
    nodes.set(view.name, {
      id: view.name, kind: 'operator', href: `#/views/${view.name}/topology`, style: stateClass(stateOf(view)),
      lines: [view.name, `v${view.activeVersion ?? '–'} ${stateOf(view)}${more}`],
    });
    for (const input of view.inputs) {
      topic(input.topic, input.role);
      edges.push({ from: `topic:${input.topic}`, to: view.name });
    }
    for (const version of view.versions) {
      topic(version.outputTopic, 'output');
      edges.push({ from: view.name, to: `topic:${version.outputTopic}`, label: version === active ? `${rate(version.activity.writtenPerSecond)}/s` : version.phase });
    }
    if (view.publishedTopic) {
      topic(view.publishedTopic, 'output');
      edges.push({ from: view.name, to: `topic:${view.publishedTopic}`, label: 'publishes' });
    }
  }
  return html`<h2>System</h2>
    <p class="quiet">Input topics, views, and the topics that their versions write to. Readers over HTTP get the active version.</p>
    <${Graph} nodes=${[...nodes.values()]} edges=${edges} label="Topics and views" />`;
}
