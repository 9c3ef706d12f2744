// Requests to the public HTTP API. The token stays in memory: a reload signs out.

let token = '';

/** Signs in with a bearer token; an empty one signs out. */
export function signIn(given) {
  token = given.trim();
}

/** A request that was answered with a problem document, or not at all (status 0). */
export class ApiError extends Error {
  constructor(status, title, detail) {
    super(detail || title);
    this.status = status;
    this.title = title;
  }
}

/** The address of a path below /api/v1: relative to the page, so that a path prefix of an ingress is kept. */
export function address(path) {
  return new URL(`api/v1/${path}`, document.baseURI);
}

async function send(path, options) {
  const headers = { ...options.headers };
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  let answer;
  try {
    answer = await fetch(address(path), { ...options, headers, cache: 'no-store' });
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new ApiError(0, 'No answer', 'The instance does not answer.');
  }
  if (!answer.ok) {
    const json = parsed(await answer.text());
    throw new ApiError(answer.status, json?.title ?? `Status ${answer.status}`, json?.detail ?? '');
  }
  return answer;
}

/** JSON, or null: a proxy in front may answer with a page. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * Sends a request.
 * @param {string} path below /api/v1
 * @param {object} [body] sent as JSON by POST
 */
export async function call(path, body) {
  const headers = { Accept: 'application/json' };
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    // The audit trail names the console where callers are not authenticated.
    headers['Kappa-Operator'] = 'console';
  }
  const answer = await send(path, {
    method: body === undefined ? 'GET' : 'POST', headers, body: body === undefined ? undefined : JSON.stringify(body),
  });
  return parsed(await answer.text());
}

/**
 * Follows server-sent events until the stream ends. EventSource cannot send a token.
 * @param {string} path below /api/v1
 * @param {(name: string, data: object) => void} onEvent
 * @param {AbortSignal} signal ends it
 */
export async function follow(path, onEvent, signal) {
  const answer = await send(path, { headers: { Accept: 'text/event-stream' }, signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    text += part.value;
    let end = text.indexOf('\n\n');
    for (; end >= 0; end = text.indexOf('\n\n')) {
      const fields = text.slice(0, end).split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]);
      text = text.slice(end + 2);
      const data = fields.find(([name]) => name === 'data');
      if (data) onEvent(fields.find(([name]) => name === 'event')?.[1] ?? 'message', JSON.parse(data[1]));
    }
  }
}
