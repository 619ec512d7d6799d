/** Measures every request that passes; to be mounted before the routes. */
import type { RequestHandler } from 'express';
import type { PrometheusMetrics } from './metrics.ts';

/** Methods that are counted by name; a client may send any word. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function requestMetrics(metrics: Pick<PrometheusMetrics, 'httpRequest'>): RequestHandler {
  return (request, response, next) => {
    const started = performance.now();
    response.once('close', () => {
      const pattern: unknown = (request.route as { path?: unknown } | undefined)?.path;
      metrics.httpRequest({
        method: METHODS.has(request.method) ? request.method : 'other',
        // What no route took has any path that a client likes: one label for all of it.
        route: typeof pattern === 'string' ? request.baseUrl + pattern : request.baseUrl || 'none',
        status: response.statusCode,
        seconds: (performance.now() - started) / 1000,
      });
    });
    next();
  };
}
