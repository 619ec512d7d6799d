import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isControlPlaneAway } from './control-plane-away.ts';

let server: Server;
let url: string;
let status: number;

beforeEach(async () => {
  server = createServer((_request, response) => {
    response.statusCode = status;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/instance/v1`;
});
afterEach(() => void server.close());

test.each([
  [200, false],
  [401, false],
  [404, false],
  // A standby, or a proxy with nobody behind it.
  [503, true],
  [502, true],
])('who answers %d leaves it away: %s', async (answer, isAway) => {
  status = answer;
  expect(await isControlPlaneAway(url, 'token')).toBe(isAway);
});

test('where nobody listens, it is away', async () => {
  await new Promise((resolve) => server.close(resolve));
  expect(await isControlPlaneAway(url, 'token')).toBe(true);
});
