/** `/healthz` (the process lives), `/readyz` (each part that it needs, by name) and `/metrics`. */
import { Router } from 'express';
import { StoreUnavailable } from '../../app/errors.ts';
import type { PrometheusMetrics } from './metrics.ts';

export interface ReadinessCheck {
  readonly name: string;
  /** Resolves when the part is there; rejects with what is wrong. */
  readonly check: () => Promise<void>;
}

const CHECK_WITHIN_MILLISECONDS = 2000;

export function healthRoutes(checks: readonly ReadinessCheck[], metrics: PrometheusMetrics): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ ok: true });
  });
  router.get('/readyz', async (_request, response) => {
    const results = await Promise.all(checks.map(run));
    const ok = results.every((result) => result.ok);
    response.status(ok ? 200 : 503).json({ ok, checks: results });
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

async function run({ name, check }: ReadinessCheck): Promise<{ name: string; ok: boolean; detail?: string }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`no answer within ${CHECK_WITHIN_MILLISECONDS} ms`)),
      CHECK_WITHIN_MILLISECONDS,
    );
  });
  try {
    await Promise.race([check(), late]);
    return { name, ok: true };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message };
  } finally {
    clearTimeout(timer);
  }
}
