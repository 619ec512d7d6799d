import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { TestAgent, topology } from './testing/agent.ts';
import { Backend } from './testing/backend.ts';
import { ask } from './testing/client.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function start(environment: Record<string, string>): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ['--no-warnings', MAIN], {
    env: { PATH: process.env.PATH, HOST: '127.0.0.1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, 'exit');
  closing.push(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, output: () => text };
}

async function listening(output: () => string): Promise<number> {
  const line = await eventually(
    'it to listen',
    () =>
      output()
        .split('\n')
        .find((text) => text.includes('"listening"')),
    20_000,
  );
  return (JSON.parse(line) as { port: number }).port;
}

test('without an agent’s socket it says what is missing and exits with 2', async () => {
  const { child, output } = start({ PORT: '0' });
  expect(await once(child, 'exit')).toEqual([2, null]);
  expect(output()).toContain('CARTWRIGHT_SOCKET');
});

test('on a port that is taken it says so and exits with 1', async () => {
  const taken = await Backend.start(() => undefined);
  closing.push(() => taken.close());
  const { child, output } = start({ PORT: String(taken.port), CARTWRIGHT_SOCKET: '/nonexistent' });
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(output()).toContain('EADDRINUSE');
});

test.each(['SIGTERM', 'drain'])(
  'at %s it finishes what is in flight, reports it, and exits with 0',
  async (way) => {
    const agent = await new TestAgent().listen();
    closing.push(() => agent.close());
    const finish: (() => void)[] = [];
    const backend = await Backend.start((_request, response) => finish.push(() => response.end('done')));
    closing.push(() => backend.close());
    const { child, output } = start({ PORT: '0', CARTWRIGHT_SOCKET: agent.path });
    const exited = once(child, 'exit');
    const port = await listening(output);
    agent.topology('web', topology(1, [{ instance: 'a', port: backend.port }]));
    await eventually('the topology to be applied', () => agent.isApplied('web', 1));
    const held = ask(port);
    await eventually('the request to be there', () => finish.length === 1);
    if (way === 'SIGTERM') child.kill('SIGTERM');
    else agent.send({ type: 'drain' });
    await eventually('it to drain', () => output().includes('"draining"'));
    finish[0]!();
    expect(await held).toMatchObject({ status: 200, body: 'done' });
    expect(await exited).toEqual([0, null]);
    await eventually('its last report', () => agent.demand('web')?.completions[1] === 1);
  },
  60_000,
);
