import { useEffect, useRef, useState } from './lib/preact/standalone.module.js';
import { ApiError, call, follow } from './api.js';

const RETRY_MS = 1000;

/**
 * Follows server-sent events while the page is visible, and again after a lost connection.
 * @param {string} path below /api/v1
 * @param {(name: string, data: object) => void} onEvent
 * @returns the error that keeps it from following, or null
 */
export function useEvents(path, onEvent) {
  const [error, setError] = useState(null);
  const handler = useRef(onEvent);
  handler.current = onEvent;
  useEffect(() => {
    let isCurrent = true;
    let stop = new AbortController();
    let timer = 0;
    const run = async () => {
      clearTimeout(timer);
      stop.abort();
      if (!isCurrent || document.hidden) return;
      const mine = new AbortController();
      stop = mine;
      let failure = new ApiError(0, 'No answer', 'The connection was lost.');
      try {
        await follow(path, (name, data) => {
          if (isCurrent && stop === mine) {
            setError(null);
            handler.current(name, data);
          }
        }, mine.signal);
      } catch (problem) {
        if (problem instanceof ApiError) failure = problem;
      }
      if (isCurrent && stop === mine && !document.hidden) {
        setError(failure);
        if (failure.status !== 401 && failure.status !== 403 && failure.status !== 404) timer = setTimeout(run, RETRY_MS);
      }
    };
    setError(null);
    run();
    document.addEventListener('visibilitychange', run);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
      stop.abort();
      document.removeEventListener('visibilitychange', run);
    };
  }, [path]);
  return error;
}

/**
 * The answer to a request, asked again when something it depends on changes, and every so often.
 * @param {string | null} path below /api/v1; null: nothing is asked
 * @param {unknown[]} depends
 * @param {number} [everyMs] 0: only when something changes
 */
export function useAnswer(path, depends = [], everyMs = 0) {
  const [state, setState] = useState({ data: null, error: null });
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
          if (isCurrent) setState(before => ({ data: before.data, error }));
        }
      }
      if (isCurrent && everyMs > 0) timer = setTimeout(load, everyMs);
    };
    if (path) load();
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [path, ...depends]);
  return state;
}
