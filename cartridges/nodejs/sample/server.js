/**
 * The sample application of the nodejs cartridge: an HTTP server that says who it is and can be given work.
 *
 *   GET /                        name, version, commit, instance, uptime
 *   GET /work?milliseconds=50    answers after about that time and a little CPU work (&limit=N: primes below N)
 *   GET /healthz                 200 while it takes requests, 503 while it ends
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createRouter } from 'pathways';
import { countPrimes } from './primes.js';

const { name, version } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const started = performance.now();
let ending = false;
let inFlight = 0;

/** Text of a file named COMMIT, if the one who builds the source writes such a file. */
function readCommit() {
  try {
    return readFileSync(new URL('COMMIT', import.meta.url), 'utf8').trim();
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}
const commit = readCommit();

function send(response, status, value) {
  // Whoever keeps the connection open would otherwise send its next request to a server that is gone.
  if (ending) response.setHeader('Connection', 'close');
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(`${JSON.stringify(value)}\n`);
}

/** A whole number from the query within bounds; `undefined` when it is none. */
function numberFrom(query, field, fallback, maximum) {
  const text = query.get(field) ?? String(fallback);
  return /^\d{1,7}$/.test(text) && Number(text) <= maximum ? Number(text) : undefined;
}

async function work(_request, response, { query }) {
  const milliseconds = numberFrom(query, 'milliseconds', 50, 60_000);
  const limit = numberFrom(query, 'limit', 20_000, 5_000_000);
  if (milliseconds === undefined) return send(response, 400, { error: 'milliseconds: expected 0 to 60000' });
  if (limit === undefined) return send(response, 400, { error: 'limit: expected 0 to 5000000' });
  const begin = performance.now();
  const primes = countPrimes(limit);
  await delay(Math.max(0, milliseconds - (performance.now() - begin)));
  send(response, 200, { instance, version, primes, milliseconds: Math.round(performance.now() - begin) });
}

const instance = process.env.CARTWRIGHT_INSTANCE ?? null;
const router = createRouter()
  .get('/', (_request, response) => {
    const uptimeSeconds = Math.round((performance.now() - started) / 100) / 10;
    send(response, 200, { name, version, commit, instance, uptimeSeconds, inFlight });
  })
  .get('/work', work)
  .get('/healthz', (_request, response) => send(response, ending ? 503 : 200, { healthy: !ending }));

const server = createServer((request, response) => {
  inFlight += 1;
  response.once('close', () => (inFlight -= 1));
  void router.handle(request, response);
});
// Longer than any balancer keeps an idle connection, so that it is the balancer who closes it.
server.keepAliveTimeout = 65_000;

/** Takes no new connection, lets requests in flight finish, then the process ends by itself with code 0. */
function end(signal) {
  if (ending) return;
  ending = true;
  console.log(`${signal}: ${inFlight} requests in flight, ending after them`);
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}
process.on('SIGTERM', end);
process.on('SIGINT', end);

server.once('error', (error) => {
  console.error(`cannot listen on ${process.env.HOST}:${process.env.PORT}: ${error.message}`);
  process.exit(1);
});
server.listen({ port: Number(process.env.PORT ?? 3000), host: process.env.HOST ?? '127.0.0.1' }, () => {
  const { address, port } = server.address();
  console.log(`${name} ${version} listens on ${address}:${port}`);
});
