/** `/healthz` (the process lives), `/readyz` (each part that it needs, by name) and `/metrics`. */
import { Router } from 'express';
import { StoreUnavailable } from '../../app/errors.ts';
import { runChecks } from '../../app/platform/checks.ts';
import type { ReadinessCheck } from '../../app/ports/platform.ts';
import { systemClock } from '../clock/system-clock.ts';
import type { PrometheusMetrics } from './metrics.ts';

export function healthRoutes(checks: readonly ReadinessCheck[], metrics: PrometheusMetrics): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ ok: true });
  });
  router.get('/readyz', async (_request, response) => {
    const results = await runChecks(checks, systemClock);
    const ok = results.every((result) => result.ok);
    // What is well has nothing to say.
    const told = results.map(({ detail, ...result }) => (detail === null ? result : { ...result, detail }));
    response.status(ok ? 200 : 503).json({ ok, checks: told });
  });
  router.get('/metrics', async (_request, response) => {
    response.type(metrics.contentType).send(await metrics.read());
  });
  return router;
}

/** Anybody may ask, so it says what is wrong by its code; which file or server it is, only the log does. */
export async function databaseCheck(store: {
  ping(): Promise<void>;
  readonly writeFailure: StoreUnavailable | null;
}): Promise<void> {
  try {
    await store.ping();
    if (store.writeFailure !== null) throw store.writeFailure;
  } catch (error) {
    const code = error instanceof StoreUnavailable ? error.code : 'no answer';
    throw new Error(`${code}; the log of the control plane says more`, { cause: error });
  }
}
