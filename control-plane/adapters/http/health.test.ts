import { afterEach, expect, test } from '@jest/globals';
import express from 'express';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StoreUnavailable } from '../../app/errors.ts';
import { databaseCheck, healthRoutes } from './health.ts';
import type { ReadinessCheck } from '../../app/ports/platform.ts';
import { createMetrics } from './metrics.ts';
import type { PrometheusMetrics } from './metrics.ts';
import { requestMetrics } from './request-metrics.ts';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(
    servers.splice(0).map(async (server) => {
      server.close();
      await once(server, 'close');
    }),
  );
});

async function serve(checks: readonly ReadinessCheck[], metrics: PrometheusMetrics): Promise<string> {
  const app = express();
  app.use(requestMetrics(metrics));
  app.use(healthRoutes(checks, metrics));
  app.get('/items/:id', (_request, response) => void response.json({}));
  const server = createServer(app).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const fine = async () => undefined;

test('a process that answers is alive, whatever it needs', async () => {
  const url = await serve([{ name: 'database', check: () => Promise.reject(new Error('locked')) }], createMetrics());
  const response = await fetch(`${url}/healthz`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ ok: true });
});

test('it is ready when every part is there, and names the part that is not', async () => {
  const parts = [{ name: 'database', check: fine }];
  const ready = await fetch(`${await serve(parts, createMetrics())}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toEqual({ ok: true, checks: [{ name: 'database', ok: true }] });

  const broken = [...parts, { name: 'broker', check: () => Promise.reject(new Error('the broker is not reached')) }];
  const unready = await fetch(`${await serve(broken, createMetrics())}/readyz`);
  expect(unready.status).toBe(503);
  expect(await unready.json()).toEqual({
    ok: false,
    checks: [
      { name: 'database', ok: true },
      { name: 'broker', ok: false, detail: 'the broker is not reached' },
    ],
  });
});

test('what is wrong with the database is told by its code, and not which file or server it is', async () => {
  const damaged = new StoreUnavailable('DATABASE_CORRUPT', 'the database /srv/cartwright.db is damaged');
  const store = { ping: fine, writeFailure: damaged };
  const broken = [{ name: 'database', check: () => databaseCheck(store) }];
  const text = await (await fetch(`${await serve(broken, createMetrics())}/readyz`)).text();
  expect(text).toContain('DATABASE_CORRUPT');
  expect(text).not.toContain('/srv');
  const away = { ping: () => Promise.reject(new Error('connect ECONNREFUSED 10.0.0.7:5432')), writeFailure: null };
  await expect(databaseCheck(away)).rejects.toThrow(/^no answer; /);
  await expect(databaseCheck({ ping: fine, writeFailure: null })).resolves.toBeUndefined();
});

test('a check that never answers is one that fails', async () => {
  const url = await serve([{ name: 'database', check: () => new Promise(() => undefined) }], createMetrics());
  const response = await fetch(`${url}/readyz`);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ checks: [{ ok: false, detail: 'no answer within 2000 ms' }] });
});

test('the metrics: names with units, what was counted, what is asked for at the moment of reading', async () => {
  const metrics = createMetrics();
  let queue = 3;
  metrics.setSources({
    instancesByState: () => new Map([['active', queue]]),
    storeQueueLength: () => queue,
    storeWritable: () => true,
    brokerConnected: () => true,
    droppedLogLines: () => 7,
  });
  metrics.message('stats', 'accepted');
  metrics.message('stats', 'accepted');
  metrics.brokerRefusal('credentials');
  metrics.staleSamples(4);
  metrics.decision('scale-up', 'loadAverage');
  metrics.reconciled(0.003);
  metrics.buildDone('failed', 12);
  const url = await serve([], metrics);
  await fetch(`${url}/items/secret`);
  await fetch(`${url}/nowhere/at/all`);
  queue = 5;

  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain');
  const lines = (await response.text()).split('\n');
  for (const line of [
    'cartwright_ingest_messages_total{leaf="stats",result="accepted"} 2',
    'cartwright_broker_refusals_total{reason="credentials"} 1',
    'cartwright_ingest_stale_samples_total 4',
    'cartwright_decisions_total{outcome="scale-up",reason="loadAverage"} 1',
    'cartwright_reconcile_duration_seconds_count 1',
    'cartwright_build_duration_seconds_bucket{le="30",result="failed"} 1',
    'cartwright_instances{state="active"} 5',
    'cartwright_store_queue_length 5',
    'cartwright_broker_connected 1',
    'cartwright_log_lines_dropped_total 7',
    'cartwright_http_request_duration_seconds_count{method="GET",route="/items/:id",status="200"} 1',
    'cartwright_http_request_duration_seconds_count{method="GET",route="none",status="404"} 1',
  ]) {
    expect(lines).toContain(line);
  }
  expect(lines.some((line) => line.startsWith('cartwright_nodejs_eventloop_lag_p99_seconds '))).toBe(true);
  expect(lines.join('\n')).not.toContain('secret');
});
