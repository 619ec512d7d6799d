import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import * as sample from '../../graphql/testing/records.ts';
import type { Finding } from '../doctor/findings.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';
import { packageVersion } from '../package.ts';

let controlPlane: TestControlPlane;

beforeEach(async () => {
  controlPlane = await startControlPlane();
});
afterEach(() => controlPlane.close());

const doctor = (who: string, ...options: string[]) =>
  run(['doctor', ...options], {
    env: { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: `${who}-token` },
    now: sample.AT,
  });
const states = (stdout: string) =>
  Object.fromEntries((JSON.parse(stdout) as Finding[]).map(({ name, state }) => [name, state]));

test('an operator is told of every part; a failure is exit code 1', async () => {
  const { code, stdout, stderr } = await doctor('operator', '-o', 'json');
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(states(stdout)).toEqual({
    ...{ connection: 'ok', versions: 'warning', agents: 'warning', clock: 'ok', 'clocks of instances': 'ok' },
    ...{ freeze: 'warning', certificates: 'failure', database: 'ok', lease: 'ok', broker: 'failure', core: 'ok' },
    ...{
      'queue of writes': 'ok',
      disk: 'ok',
      'dropped lines': 'warning',
      'host cluster frankfurt': expect.any(String),
    },
  });
});

test('a person reads a line a part, with what to do below it', async () => {
  const { stdout } = await doctor('operator');
  expect(stdout).toMatch(/^ok {7}connection {2,}http:\S+ answers in 0 ms, as operator, operator\n/);
  expect(stdout).toMatch(
    /\nfailure {2}broker {2,}the broker is not reached\n {5,}→ start the broker, or see its address/,
  );
});

test('warnings alone are exit code 0', async () => {
  const { queries } = controlPlane.useCases;
  queries.platformHealth = () =>
    Promise.resolve({ ...sample.platformHealth, checks: [], endingCertificates: [], agents: [] });
  queries.hostClusters = () => Promise.resolve([]);
  queries.freeze = () => Promise.resolve(null);
  queries.platform = () => ({ version: packageVersion(), now: sample.AT });
  const { code, stdout } = await doctor('operator', '-o', 'json');
  expect(code).toBe(0);
  expect(Object.values(states(stdout))).toContain('warning');
});

test('who is no operator sees what is his, and what was left out', async () => {
  controlPlane.useCases.queries.instanceAgent = () => ({ ...sample.instanceAgent, version: sample.platform.version });
  controlPlane.useCases.queries.certificates = () =>
    Promise.resolve([{ ...sample.certificate, notAfter: sample.AT + 5 * 86_400_000 }]);
  const { code, stdout, stderr } = await doctor('viewer', '-o', 'json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(states(stdout)).toEqual({
    ...{ connection: 'ok', versions: 'warning', agents: 'ok', clock: 'ok', 'clocks of instances': 'ok' },
    ...{ freeze: 'warning', certificates: 'warning', platform: 'left-out' },
  });
  expect(controlPlane.calls('platformHealth')).toEqual([]);
});

test('the clock of this machine is compared with the control plane’s', async () => {
  controlPlane.useCases.queries.platform = () => ({ version: '1.2.3', now: sample.AT + 60_000 });
  const { stdout } = await doctor('viewer');
  expect(stdout).toContain('the clock of this machine is 60 s behind the control plane’s');
});

test('that nobody answers is a failure like another one', async () => {
  const { url } = controlPlane;
  await controlPlane.close();
  const { code, stdout } = await doctor('viewer', '-o', 'json');
  controlPlane = await startControlPlane();
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject([
    { name: 'connection', state: 'failure', message: expect.stringContaining(`nothing listens at ${url}`) },
  ]);
});

test('a token that is not accepted is no finding: exit 3', async () => {
  expect(await doctor('revoked')).toMatchObject({ code: 3, stdout: '' });
});

test('a control plane that is older than the questions is asked those that it knows', async () => {
  const older = createServer((request, response) => {
    const forward = async (): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const unknown = /query Get(Platform|PlatformHealth)\b/.exec(body);
      if (unknown !== null) {
        const message = 'Cannot query field "platform" on type "Query".';
        const errors = [{ message, extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }];
        response.writeHead(400).end(JSON.stringify({ errors }));
        return;
      }
      const { authorization = '' } = request.headers;
      const headers = { 'content-type': 'application/json', authorization };
      const answer = await fetch(`${controlPlane.url}${request.url}`, { method: 'POST', headers, body });
      response.end(await answer.text());
    };
    forward().catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => older.once('listening', resolve));
  const env = {
    CARTWRIGHT_URL: `http://127.0.0.1:${(older.address() as AddressInfo).port}`,
    CARTWRIGHT_TOKEN: 'operator-token',
  };
  const { stdout } = await run(['doctor', '-o', 'json'], { env, now: sample.AT });
  older.closeAllConnections();
  await new Promise((resolve) => older.close(resolve));
  expect(states(stdout)).toMatchObject({ versions: 'warning', clock: 'left-out', platform: 'left-out' });
});
