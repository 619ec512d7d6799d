import { afterEach, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { taskResult, type TaskDocument, type TaskResult } from '../schema/agent/task.ts';
import { withPlatform } from './testing/bed.ts';
import type { Platform } from './testing/platform.ts';
import { soon } from './testing/soon.ts';

describe('an agent with a one-off task', () => {
  let platform: Platform;

  withPlatform((fresh) => (platform = fresh));
  afterEach(() => expect(platform.broker.connects).toEqual([]));

  const inFolder = (...parts: string[]) => join(platform.directory, ...parts);
  const output = (stream: string) => readFileSync(inFolder('logs', `${stream}.log`), 'utf8');
  const result = (): TaskResult => taskResult.parse(JSON.parse(readFileSync(inFolder('result.json'), 'utf8')));

  async function task(
    program: TaskDocument['program'],
    { timeoutSeconds = 20, hooks = {} }: { timeoutSeconds?: number; hooks?: Readonly<Record<string, string>> } = {},
  ) {
    const release = await platform.release(
      'r1',
      { 'hello.txt': 'hello from the release\n' },
      {
        v: 2,
        environment: { COLOUR: 'green' },
        secrets: [{ name: 'PASSWORD', version: 1, uid: 's1', delivery: 'environment' }],
      },
    );
    platform.endpoints.secrets.set(
      'r1',
      JSON.stringify({ v: 1, release: 'r1', values: { PASSWORD: 'hunter2-hunter2' } }),
    );
    return platform.startAgent({ hooks, task: { release, program, timeoutSeconds } });
  }
  const shell = (script: string): TaskDocument['program'] => ({ kind: 'command', command: ['/bin/sh', '-c', script] });

  test('runs a command in the release’s folder with its configuration and secrets, and keeps the exit code, not the secrets', async () => {
    const agent = await task(shell('cat hello.txt; echo "$COLOUR $PASSWORD $CARTWRIGHT_RELEASE"; echo oh >&2; exit 7'));
    expect(await agent.exited).toBe(0);
    expect(output('stdout')).toBe('hello from the release\ngreen •••••• r1\n');
    expect(output('stderr')).toBe('oh\n');
    expect(result()).toMatchObject({ task: platform.key.instance, ending: { kind: 'exited', code: 7 } });
    expect([...result().lastLines].sort()).toEqual(['green •••••• r1', 'hello from the release', 'oh']);
  });

  test('what is printed is masked on its way, also in pieces, and otherwise byte for byte', async () => {
    const agent = await task(
      shell(
        'printf hunter2-; touch "$HOME/half"; while [ ! -e "$HOME/go" ]; do sleep 0.02; done; printf "hunter2\\377|"; ' +
          'printf %s "$PASSWORD" | base64; cat "$HOME/../token" >&2',
      ),
    );
    await soon(() => expect(existsSync(inFolder('home/half')) && output('stdout')).toBe(''));
    writeFileSync(inFolder('home/go'), '');
    expect(await agent.exited).toBe(0);
    expect(readFileSync(inFolder('logs/stdout.log'))).toEqual(
      Buffer.concat([Buffer.from('••••••'), Buffer.from([255]), Buffer.from('|••••••\n')]),
    );
    expect(output('stderr').trimEnd()).toBe('••••••');
  });

  test('runs the cartridge’s hook with what every hook is told', async () => {
    const hook = '#!/bin/sh\necho "$CARTWRIGHT_HOOK $CARTWRIGHT_CARTRIDGE"; [ "$PWD" = "$CARTWRIGHT_ARTIFACT" ]\n';
    const agent = await task({ kind: 'hook', hook: 'release' }, { hooks: { release: hook } });
    expect(await agent.exited).toBe(0);
    expect(output('stdout')).toBe(`release ${join(platform.root, 'cartridge')}\n`);
    expect(result().ending).toEqual({ kind: 'exited', code: 0 });
  });

  test('asked to stop it ends the command with all that it started', async () => {
    const agent = await task(
      shell('setsid -f sleep 1000; trap "echo bye; exit 3" TERM; echo up; while :; do sleep 0.05; done'),
    );
    await soon(() => expect(existsSync(inFolder('logs/stdout.log')) && output('stdout')).toBe('up\n'));
    agent.signal('SIGTERM');
    expect(await agent.exited).toBe(0);
    expect(result().ending).toEqual({ kind: 'stopped' });
    expect(output('stdout')).toBe('up\nbye\n');
  });

  test('what takes too long is ended', async () => {
    const agent = await task(shell('echo waiting; exec sleep 1000'), { timeoutSeconds: 2 });
    expect(await agent.exited).toBe(0);
    expect(result()).toMatchObject({ ending: { kind: 'timed-out' }, lastLines: ['waiting'] });
  });

  test('what was begun is never begun again, and its rest is ended', async () => {
    const first = await task(shell('echo once >> "$HOME/runs"; exec sleep 1000'));
    await soon(() => expect(readFileSync(inFolder('home/runs'), 'utf8')).toBe('once\n'));
    first.signal('SIGKILL');
    await first.exited;
    const second = platform.startAgentAgain();
    expect(await second.exited).toBe(0);
    expect(result().ending).toEqual({ kind: 'interrupted' });
    expect(readFileSync(inFolder('home/runs'), 'utf8')).toBe('once\n');
    const third = platform.startAgentAgain();
    expect(await third.exited).toBe(0);
    expect(result().ending).toEqual({ kind: 'interrupted' });
  });

  test('a command that cannot be started says so', async () => {
    const agent = await task({ kind: 'command', command: ['no-such-program'] });
    expect(await agent.exited).toBe(0);
    expect(result().ending).toMatchObject({
      kind: 'not-started',
      reason: { code: 'start-command-not-found', message: expect.stringContaining('"no-such-program"') },
    });
  });

  test('waits for a control plane that is away', async () => {
    platform.endpoints.intercept = (_, response) => {
      response.writeHead(503).end();
      return true;
    };
    const agent = await task(shell('true'));
    await soon(() => expect(platform.endpoints.requests.length).toBeGreaterThan(1));
    platform.endpoints.intercept = () => false;
    expect(await agent.exited).toBe(0);
    expect(result().ending).toEqual({ kind: 'exited', code: 0 });
  });
});
