import { html, render, useEffect, useState } from './lib/preact/standalone.module.js';
import { call, signIn } from './api.js';
import { Fleet } from './fleet.js';
import { System } from './graph.js';
import { useAnswer, useEvents } from './hooks.js';
import { Overview } from './overview.js';
import { Failure } from './parts.js';
import { View } from './view.js';

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

/** The page that the address names: the first parts behind the hash. */
function usePage() {
  const parts = () => location.hash.replace(/^#\//, '').split('/').filter(Boolean).map(decodeURIComponent);
  const [page, setPage] = useState(parts);
  useEffect(() => {
    const changed = () => {
      setPage(parts());
      window.scrollTo(0, 0);
    };
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return page;
}

/** Views as they change, and the versions of one view. */
function useViews(name) {
  const [views, setViews] = useState(null);
  const [versions, setVersions] = useState(null);
  const [epoch, setEpoch] = useState(0);
  const [subject, setSubject] = useState(name);
  if (subject !== name) {
    setSubject(name);
    setVersions(null);
  }
  const error = useEvents(name ? `views/${encodeURIComponent(name)}/events` : 'events', (event, data) => {
    if (event === 'versions') {
      setVersions(data.versions);
    } else {
      setEpoch(data.epoch);
      setViews(before => {
        const known = new Map((before ?? []).map(view => [view.name, view]));
        data.views.forEach(view => known.set(view.name, view));
        data.removed.forEach(gone => known.delete(gone));
        return [...known.values()];
      });
    }
  });
  /** After an operation: nobody should see its buttons again before the next event. */
  const refresh = async () => setVersions((await call(`views/${encodeURIComponent(name)}/versions`)).versions);
  return { views, versions, epoch, error, refresh };
}

function Page({ page, state, caller }) {
  const [kind, name, tab, ...rest] = page;
  if (kind === 'fleet') return html`<${Fleet} />`;
  if (state.error?.status === 403 || state.error?.status === 404) {
    return html`<p><a href="#/">Views</a></p><h2>${name}</h2><${Failure} error=${state.error} />`;
  }
  const summary = name && state.views?.find(view => view.name === name);
  if (!state.views || (name && !summary)) return html`<p class="quiet">Loading …</p>`;
  if (kind === 'views' && name) {
    return html`<${View} key=${name} summary=${summary} versions=${state.versions} epoch=${state.epoch} refresh=${state.refresh} caller=${caller} tab=${tab ?? 'versions'} rest=${rest} />`;
  }
  if (kind === 'system') return html`<${System} views=${state.views} />`;
  return kind === undefined ? html`<${Overview} views=${state.views} />` : html`<h2>No such page</h2><p><a href="#/">Views</a></p>`;
}

const PAGES = [['', 'Views'], ['system', 'System'], ['fleet', 'Fleet']];

function Console({ caller }) {
  const page = usePage();
  const [kind = '', name] = page;
  const state = useViews(kind === 'views' ? name : undefined);
  const title = name ?? (PAGES.find(([id]) => id === kind)?.[1]);
  useEffect(() => { document.title = title && kind ? `${title} – Kappa` : 'Kappa'; }, [title, kind]);
  const lost = state.error && state.error.status !== 403 && state.error.status !== 404;
  return html`
    <header>
      <h1><a href="#/">Kappa</a></h1>
      <nav aria-label="Pages">${PAGES.map(([id, text]) => html`<a href=${`#/${id}`} aria-current=${id === kind || (kind === 'views' && id === '') ? 'page' : null}>${text}</a>`)}
        <a href="docs">HTTP API</a></nav>
      <span class=${`connection ${lost ? 'bad' : ''}`} role="status">${lost ? `Not up to date: ${state.error.message} Trying again.` : ''}</span>
      ${caller.name !== 'anybody' && html`<span class="quiet">${caller.name}</span>`}
    </header>
    <main><${Page} page=${page} state=${state} caller=${caller} /></main>`;
}

/** Finds out who asks, and asks for a token where one is needed. */
function App() {
  const [attempt, setAttempt] = useState(0);
  const caller = useAnswer('caller', [attempt], attempt < 0 ? 0 : 60000);
  if (caller.error?.status === 401) {
    return html`<header><h1><a href="#/">Kappa</a></h1></header><main><${SignIn} onDone=${() => setAttempt(attempt + 1)} />
      ${attempt > 0 && html`<${Failure} error=${caller.error} />`}</main>`;
  }
  if (!caller.data) {
    return html`<header><h1><a href="#/">Kappa</a></h1></header><main>
      ${caller.error ? html`<${Failure} error=${caller.error} /><button onClick=${() => setAttempt(attempt + 1)}>Try again</button>` : html`<p class="quiet">Loading …</p>`}</main>`;
  }
  return html`<${Console} key=${caller.data.name} caller=${caller.data} />`;
}

render(html`<${App} />`, document.getElementById('console'));
