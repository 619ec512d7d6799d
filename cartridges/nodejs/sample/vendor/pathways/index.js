/**
 * Routes by method and path. A segment `:name` matches any one segment; an exact segment wins over it.
 * A handler may be asynchronous; what it throws goes to `onError`, which answers 500 by default.
 */
export function createRouter({ onError = answerError } = {}) {
  const root = node();

  function add(method, path, handler) {
    let place = root;
    const names = [];
    for (const segment of segmentsOf(path)) {
      if (segment.startsWith(':')) {
        names.push(segment.slice(1));
        place = place.any ??= node();
      } else {
        if (!place.exact.has(segment)) place.exact.set(segment, node());
        place = place.exact.get(segment);
      }
    }
    place.handlers.set(method, { handler, names });
    return router;
  }

  async function handle(request, response) {
    const url = new URL(request.url, 'http://localhost');
    try {
      const found = find(root, segmentsOf(url.pathname), []);
      if (found === undefined) return answer(response, 404, `nothing at ${url.pathname}`);
      const method = request.method === 'HEAD' ? 'GET' : request.method;
      const entry = found.place.handlers.get(method);
      if (entry === undefined) {
        response.setHeader('Allow', [...found.place.handlers.keys()].join(', '));
        return answer(response, 405, `${request.method} is not possible at ${url.pathname}`);
      }
      const values = found.values.map(decodeURIComponent);
      const parameters = Object.fromEntries(entry.names.map((name, index) => [name, values[index]]));
      await entry.handler(request, response, { parameters, query: url.searchParams });
    } catch (error) {
      onError(error, request, response);
    }
  }

  const router = {
    get: (path, handler) => add('GET', path, handler),
    post: (path, handler) => add('POST', path, handler),
    handle,
  };
  return router;
}

function node() {
  return { exact: new Map(), any: undefined, handlers: new Map() };
}

function segmentsOf(path) {
  return path.split('/').filter((segment) => segment !== '');
}

function find(place, segments, values) {
  const [segment, ...rest] = segments;
  if (segment === undefined) return place.handlers.size > 0 ? { place, values } : undefined;
  const exact = place.exact.get(segment);
  return (
    (exact && find(exact, rest, values)) ?? (place.any && find(place.any, rest, [...values, segment])) ?? undefined
  );
}

function answer(response, status, message) {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(`${JSON.stringify({ error: message })}\n`);
}

function answerError(error, _request, response) {
  if (response.headersSent) response.destroy(error);
  else
    answer(response, error instanceof URIError ? 400 : 500, error instanceof URIError ? 'bad path' : 'internal error');
}
