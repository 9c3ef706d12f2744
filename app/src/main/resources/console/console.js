import { html, render, useEffect, useRef, useState } from './lib/preact/standalone.module.js';
import { ApiError, call, signIn } from './api.js';
import { age, count, local, plural } from './format.js';
import { isUnderWay } from './phases.js';
import { Replays } from './replays.js';
import { Stores } from './stores.js';

const REFRESH_MS = 2000;

/** Calls again and again while the page is visible; keeps the last answer when one fails. */
function usePolled(path, onUnauthorized) {
  const [state, setState] = useState({ data: null, error: null });
  const again = useRef(() => {});
  useEffect(() => {
    let isCurrent = true;
    let timer = 0;
    const load = async () => {
      clearTimeout(timer);
      if (!document.hidden) {
        try {
          const data = await call(path);
          if (isCurrent) setState({ data, error: null });
        } catch (error) {
          if (!isCurrent) return;
          if (error.status === 401) onUnauthorized();
          setState(before => ({ data: before.data, error }));
        }
      }
      if (isCurrent) timer = setTimeout(load, REFRESH_MS);
    };
    again.current = load;
    document.addEventListener('visibilitychange', load);
    setState({ data: null, error: null });
    load();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', load);
    };
  }, [path]);
  return { ...state, reload: () => again.current() };
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
    if (version.state === 'FAILED' || version.state === 'POSITION_LOST' || version.phase === 'FAILED') {
      const failed = version.phase === 'FAILED' ? 'its replay has FAILED' : `is ${version.state}`;
      problems.push({ text: `${name}: ${failed}. ${version.detail ?? ''}` });
    }
    version.gaps.forEach(gap => problems.push({
      text: `${name}: ${plural(gap.count, 'record')} of ${gap.topic}, partition ${gap.partition}, were deleted before they were read.`,
      remedy: `kappa replay start ${view.name}`,
    }));
    version.inputProblems.forEach(found => problems.push({ text: `${name}, input ${found.topic}: ${found.detail}.`, remedy: found.remedy }));
  }
  return problems;
}

function Problems({ view }) {
  return problemsOf(view).map(problem => html`
    <div class="problem">${problem.text}${problem.remedy && html`<br /><code>${problem.remedy}</code>`}</div>`);
}

function stateClass(state) {
  if (state === 'RUNNING') return 'good';
  return ['FAILED', 'POSITION_LOST', 'UNREADABLE', 'NEEDS_REPLAY'].includes(state) ? 'bad' : 'warn';
}

export function Time({ at }) {
  return html`<time datetime=${at} title=${at}>${local(at)}</time>`;
}

function Overview({ views }) {
  const sorted = [...views].sort((a, b) => problemsOf(b).length - problemsOf(a).length || a.name.localeCompare(b.name));
  return html`
    <h2>Views</h2>
    ${views.length === 0 && html`<p>No view runs yet. Add views to the class path of the instances: <code>kappa run --views my.jar</code></p>`}
    <div class="scroll"><table>
      <thead><tr>
        <th scope="col">View</th><th scope="col">State</th><th scope="col" class="number">Version</th>
        <th scope="col" class="number">Newest event</th><th scope="col" class="number">To read</th><th scope="col">Replay</th>
      </tr></thead>
      <tbody>${sorted.map(view => {
        const active = view.versions.find(version => version.version === view.activeVersion);
        const replay = view.versions.find(isUnderWay);
        return html`<tr key=${view.name}>
          <td><a href=${`#/views/${view.name}`}>${view.name}</a><div class="quiet">${view.description}</div><${Problems} view=${view} /></td>
          <td class=${stateClass(view.state)}>${view.state ?? '–'}</td>
          <td class="number">${view.activeVersion ?? '–'}</td>
          <td class="number">${age(view.freshnessMs)}</td>
          <td class="number">${count(active?.lag)}</td>
          <td>${replay ? `version ${replay.version} is ${replay.phase}` : ''}</td>
        </tr>`;
      })}</tbody>
    </table></div>`;
}

function View({ name, summary, onUnauthorized }) {
  const versions = usePolled(`views/${name}/versions`, onUnauthorized);
  const details = usePolled(`views/${name}`, onUnauthorized);
  const history = usePolled(`views/${name}/history`, onUnauthorized);
  if (versions.error?.status === 403 || versions.error?.status === 404) {
    return html`<h2>${name}</h2><div class="problem">${versions.error.message}</div>`;
  }
  const reload = () => { versions.reload(); details.reload(); history.reload(); };
  return html`
    <p><a href="#/">Views</a></p>
    <h2>${name}</h2>
    <p class="quiet">${summary?.description}</p>
    ${summary && html`<${Problems} view=${summary} />`}
    ${versions.data && details.data
      ? html`<${Replays} view=${details.data} versions=${versions.data.versions} onChanged=${reload} />
             <${Stores} view=${details.data} />`
      : html`<p class="quiet">Loading …</p>`}
    <h3>Audit trail</h3>
    ${history.data && html`<${History} changes=${history.data.changes} />`}`;
}

function History({ changes }) {
  return html`<div class="scroll"><table>
    <thead><tr><th scope="col">When</th><th scope="col">Who</th><th scope="col">What</th><th scope="col">Change</th></tr></thead>
    <tbody>${[...changes].reverse().slice(0, 50).map(change => html`<tr key=${change.epoch}>
      <td><${Time} at=${change.at} /></td><td>${change.operator} <span class="quiet">${change.host}</span></td><td>${change.command}</td>
      <td>${change.steps.map(step => html`<div>version ${step.version}: ${step.before ? `${step.before} → ` : ''}${step.after}
        ${step.note && html`<span class="quiet">, ${step.note}</span>`}</div>`)}</td>
    </tr>`)}</tbody></table></div>`;
}

function SignIn({ onDone }) {
  const submit = event => {
    event.preventDefault();
    signIn(new FormData(event.target).get('token'));
    onDone();
  };
  return html`<form class="card" onSubmit=${submit}>
    <h2>Sign in</h2>
    <p>This instance asks for a bearer token. It stays in this page only, and is gone when you reload.</p>
    <label for="token">Token</label><input id="token" name="token" type="password" autocomplete="off" required />
    <div class="actions"><button class="primary">Sign in</button></div>
  </form>`;
}

function useHash() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = () => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return hash;
}

function Console() {
  const [isSignedOut, setSignedOut] = useState(false);
  const views = usePolled('views', () => setSignedOut(true));
  const hash = useHash();
  const name = hash.startsWith('#/views/') ? decodeURIComponent(hash.slice('#/views/'.length)) : null;
  useEffect(() => { document.title = name ? `${name} – Kappa` : 'Kappa'; }, [name]);
  const lost = views.error instanceof ApiError && views.error.status !== 401;
  return html`
    <header>
      <h1><a href="#/">Kappa</a></h1>
      <a href="docs">HTTP API</a>
      <span class=${`connection ${lost ? 'bad' : ''}`} role="status">${lost ? `Not up to date: ${views.error.message} Trying again.` : ''}</span>
    </header>
    <main>
      ${isSignedOut
        ? html`<${SignIn} onDone=${() => { setSignedOut(false); views.reload(); }} />`
        : !views.data
          ? html`<p class="quiet">Loading …</p>`
          : name
            ? html`<${View} key=${name} name=${name} summary=${views.data.views.find(view => view.name === name)}
                onUnauthorized=${() => setSignedOut(true)} />`
            : html`<${Overview} views=${views.data.views} />`}
    </main>`;
}

render(html`<${Console} />`, document.getElementById('console'));
