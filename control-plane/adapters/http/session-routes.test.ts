/** What becomes of sign-ins that come too often, or meet a platform that fails; all else is tried in a real app (graphql/sessions/). */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { StoreUnavailable } from '../../app/errors.ts';
import type { SignInProof } from '../../app/sessions/use-cases.ts';
import { sessionRoutes } from './session-routes.ts';

const TOKEN = `cw_${'t'.repeat(43)}`;
let server: Server;
let url: string;
let clock = 0;
let begin: (proof: SignInProof) => Promise<undefined>;
let end: () => Promise<void>;
const log: unknown[] = [];

beforeAll(async () => {
  const sessions = {
    begin: (proof: SignInProof) => begin(proof),
    whomBy: async () => undefined,
    find: async () => undefined,
    follow: () => () => undefined,
    end: () => end(),
  };
  const logger = pino({}, { write: (line: string) => void log.push(JSON.parse(line)) });
  const app = express();
  const useCases = { sessions, audited: <T>(_principal: unknown, _request: unknown, work: () => Promise<T>) => work() };
  app.use(sessionRoutes({ useCases, publicOrigin: null, logger, now: () => clock, monotonic: () => clock }));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/session`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  clock += 3_600_000;
  begin = async () => undefined;
  end = async () => undefined;
});

const signIn = () =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: TOKEN }),
  });
const codeOf = async (response: Response) => ((await response.json()) as { error: { code: string } }).error.code;

test('an address that tries on and on is told to wait, and nothing of it is looked up', async () => {
  let looked = 0;
  begin = async () => void (looked += 1);
  for (let tried = 0; tried < 200; tried += 1) expect((await signIn()).status).toBe(401);
  const refused = await signIn();
  expect([refused.status, refused.headers.get('retry-after'), await codeOf(refused)]).toEqual([
    429,
    '1',
    'RATE_LIMITED',
  ]);
  expect(looked).toBe(200);
  clock += 1000;
  expect((await signIn()).status).toBe(401);
});

test.each([
  [new StoreUnavailable('DATABASE_LOCKED', 'the file /var/lib/x is locked'), 503, 'DATABASE_LOCKED'],
  [new TypeError('cannot read /etc/shadow'), 500, 'INTERNAL'],
])('what fails inside is told without its inside: %s', async (error, status, code) => {
  log.length = 0;
  begin = async () => {
    throw error;
  };
  const response = await signIn();
  const text = await response.clone().text();
  expect([response.status, await codeOf(response), response.headers.getSetCookie()]).toEqual([status, code, []]);
  expect(text).not.toContain('/');
  expect(log).toMatchObject([{ level: 50, err: { message: error.message } }]);
  expect(JSON.stringify(log)).not.toContain(TOKEN);
});

test('who signs out while nothing can be stored is signed out here, and told what that leaves', async () => {
  end = async () => {
    throw new StoreUnavailable('DATABASE_FULL', 'the file /var/lib/x is full');
  };
  const response = await fetch(url, { method: 'DELETE', headers: { cookie: 'cartwright_session=x' } });
  const text = await response.clone().text();
  expect([response.status, await codeOf(response)]).toEqual([503, 'DATABASE_FULL']);
  expect(text).toContain('this browser is signed out');
  expect(text).not.toContain('/var');
  expect(response.headers.getSetCookie()).toHaveLength(2);
});
