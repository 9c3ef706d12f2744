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

/**
 * Sends a request. Addresses are relative to the page, so that a path prefix of an ingress is kept.
 * @param {string} path below /api/v1
 * @param {object} [body] sent as JSON by POST
 */
export async function call(path, body) {
  const headers = { Accept: 'application/json' };
  if (token) {
    headers.Authorization = `Bearer ${token}`;
  }
  if (body !== undefined) {
    headers['Content-Type'] = 'application/json';
    // The audit trail names the console where callers are not authenticated.
    headers['Kappa-Operator'] = 'console';
  }
  let answer;
  try {
    answer = await fetch(new URL(`api/v1/${path}`, document.baseURI), {
      method: body === undefined ? 'GET' : 'POST',
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: 'no-store',
    });
  } catch (failure) {
    throw new ApiError(0, 'No answer', 'The instance does not answer.');
  }
  const text = await answer.text();
  let json = null;
  try {
    json = JSON.parse(text);
  } catch (notJson) {
    // A proxy in front may answer with a page.
  }
  if (!answer.ok) {
    throw new ApiError(answer.status, json?.title ?? `Status ${answer.status}`, json?.detail ?? '');
  }
  return json;
}
