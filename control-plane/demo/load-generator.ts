/**
 * Open-loop load: requests leave at the trace's times whether or not earlier ones were answered, as people's do. Runs in a
 * process of its own, so that what it measures is not its own screen; writes one JSON line a second and at the end.
 */
import { Agent, request } from 'undici';

export interface LoadOrder {
  readonly url: string;
  /** Requests per second for each tenth of a second. */
  readonly rates: readonly number[];
  /** A request without an answer for this long has failed. */
  readonly timeoutMilliseconds: number;
}

/** What happened in one second, by the time at which requests were sent. */
export interface LoadSecond {
  readonly kind: 'second';
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly sent: number;
  readonly succeeded: number;
  readonly failures: readonly { readonly at: number; readonly what: string }[];
  readonly latenciesMilliseconds: readonly number[];
}

export interface LoadEnd {
  readonly kind: 'end';
  readonly sent: number;
}

const SLOTS_PER_SECOND = 10;

export async function generateLoad(
  order: LoadOrder,
  tell: (line: LoadSecond | LoadEnd) => void,
  random: () => number,
): Promise<void> {
  const agent = new Agent({
    connections: 256,
    pipelining: 1,
    keepAliveTimeout: 4000,
    headersTimeout: order.timeoutMilliseconds,
    bodyTimeout: order.timeoutMilliseconds,
  });
  const pending = new Set<Promise<void>>();
  let second = { sent: 0, succeeded: 0, failures: [] as { at: number; what: string }[], latencies: [] as number[] };
  let sent = 0;
  const send = (): void => {
    second.sent += 1;
    sent += 1;
    const at = Date.now();
    const started = performance.now();
    const one = request(order.url, { dispatcher: agent })
      .then(async ({ statusCode, body }) => {
        await body.dump();
        if (statusCode !== 200) second.failures.push({ at, what: `status ${statusCode}` });
        else second.succeeded += 1;
        second.latencies.push(performance.now() - started);
      })
      .catch((error: unknown) => {
        second.failures.push({ at, what: (error as { code?: string }).code ?? (error as Error).message });
      })
      .finally(() => pending.delete(one));
    pending.add(one);
  };
  const flush = (): void => {
    tell({
      kind: 'second',
      at: Date.now(),
      sent: second.sent,
      succeeded: second.succeeded,
      failures: second.failures,
      latenciesMilliseconds: second.latencies.map((value) => Math.round(value * 10) / 10),
    });
    second = { sent: 0, succeeded: 0, failures: [], latencies: [] };
  };
  const started = performance.now();
  let owed = 0;
  for (const [slot, rate] of order.rates.entries()) {
    // The fraction of a request that a slot leaves over is sent or not by chance, so that the mean rate is the trace's.
    owed += rate / SLOTS_PER_SECOND;
    const count = Math.floor(owed) + (random() < owed - Math.floor(owed) ? 1 : 0);
    owed -= count;
    for (let index = 0; index < count; index += 1) {
      await until(started + ((slot + (index + random()) / Math.max(1, count)) * 1000) / SLOTS_PER_SECOND);
      send();
    }
    await until(started + ((slot + 1) * 1000) / SLOTS_PER_SECOND);
    if ((slot + 1) % SLOTS_PER_SECOND === 0) flush();
  }
  await Promise.all(pending);
  flush();
  await agent.close();
  tell({ kind: 'end', sent });
}

function until(time: number): Promise<void> {
  const wait = time - performance.now();
  return wait <= 1 ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, wait));
}
