import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findInstanceProcesses, readProcessStat } from './telemetry/process-tree.ts';
import { TOKEN } from './testing/broker.ts';
import { withPlatform } from './testing/bed.ts';
import { type Platform, SERVER, START } from './testing/platform.ts';
import { soon } from './testing/soon.ts';

/** Says which hook it is, and what it is told, in one line of its output and in a file. */
const TELLS = `#!/bin/sh
line="$CARTWRIGHT_HOOK $CARTWRIGHT_STATE \${CARTWRIGHT_REASON:--} $CARTWRIGHT_RELEASE"
echo "$line"; echo "$line" >> "$HOME/order"
env > "$HOME/env-$CARTWRIGHT_HOOK"
[ "$PWD" = "$CARTWRIGHT_ARTIFACT" ] || exit 9
`;

describe('the hooks of a cartridge', () => {
  let platform: Platform;

  withPlatform((fresh) => (platform = fresh));

  const inState = (state: string) => soon(() => expect(platform.received.status?.state).toBe(state));
  const inHome = (name: string) => join(platform.directory, 'home', name);
  const files = { 'server.mjs': SERVER };
  const order = () => (existsSync(inHome('order')) ? readFileSync(inHome('order'), 'utf8').trim().split('\n') : []);

  test('run in their order, told where the instance stands, and never a credential', async () => {
    const names = [
      'instance-started',
      'artifact-updated',
      'before-start',
      'after-start',
      'maintenance',
      'before-stop',
      'cleanup',
    ];
    const agent = platform.startAgent({ hooks: Object.fromEntries(names.map((name) => [name, TELLS])) });
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    await soon(() => expect(order()).toHaveLength(4));
    await platform.desire(await platform.release('r2', files, { start: START }));
    await soon(() => expect(order()).toHaveLength(9));
    await platform.command({ kind: 'drain', deadlineMilliseconds: 5000 });
    await inState('ready-to-shutdown');
    agent.signal('SIGTERM');
    expect(await agent.exited).toBe(0);
    expect(order()).toEqual([
      'instance-started initialized - r1',
      'artifact-updated initialized - r1',
      'before-start starting - r1',
      'after-start active - r1',
      'artifact-updated active - r2',
      'maintenance maintenance switching r1',
      'before-stop maintenance - r1',
      'before-start starting - r2',
      'after-start active - r2',
      'maintenance maintenance draining r2',
      'before-stop maintenance - r2',
      'cleanup maintenance - r2',
    ]);
    expect(platform.received.lines).toContain('hook-before-stop: before-stop maintenance - r1');
    const environment = readFileSync(inHome('env-after-start'), 'utf8');
    expect(environment).toContain(`PORT=${platform.httpPort}\n`);
    for (const name of ['TENANT=acme', 'APPLICATION=shop', 'ALIAS=web', `INSTANCE=${platform.key.instance}`])
      expect(environment).toContain(`CARTWRIGHT_${name}\n`);
    expect(environment).toContain(`CARTWRIGHT_CARTRIDGE=${join(platform.root, 'cartridge')}\n`);
    expect(environment).not.toContain(TOKEN);
    expect(platform.received.statuses.some((status) => 'hookFailure' in status)).toBe(false);
  });

  test('nothing is started before instance-started has succeeded, which is tried again', async () => {
    const hook = '#!/bin/sh\n[ -e "$HOME/mounted" ] || { echo no volume; exit 3; }\n';
    platform.startAgent({ hooks: { 'instance-started': hook, 'before-start': TELLS } });
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('faulty');
    expect(platform.received.status).toMatchObject({
      reason: {
        code: 'hook-failed',
        message: 'the hook instance-started ended with exit code 3; last lines: no volume',
      },
    });
    expect(order()).toEqual([]);
    writeFileSync(inHome('mounted'), '');
    await inState('active');
  });

  test.each(['after-start', 'maintenance', 'before-stop', 'cleanup'])(
    'a failure of %s stops nothing and is told in the status and the log',
    async (name) => {
      const agent = platform.startAgent({ hooks: { [name]: '#!/bin/sh\necho it is broken\nexit 7\n' } });
      await platform.desire(await platform.release('r1', files, { start: START }));
      await inState('active');
      // A drain would call it off.
      if (name === 'after-start') await soon(() => expect(platform.received.status).toHaveProperty('hookFailure'));
      await platform.command({ kind: 'drain', deadlineMilliseconds: 5000 });
      await inState('ready-to-shutdown');
      agent.signal('SIGTERM');
      expect(await agent.exited).toBe(0);
      const message = `the hook ${name} ended with exit code 7; last lines: it is broken`;
      expect(platform.received.statuses.findLast((status) => 'hookFailure' in status)).toMatchObject({
        hookFailure: { hook: name, number: 1, message },
      });
      expect(platform.received.lines).toContain(`hook-${name}: ${message}`);
    },
  );

  test('one that hangs and forks away is ended with all that it started, after its own limit', async () => {
    const hangs =
      '#!/bin/sh\nsetsid -f sleep 1000 </dev/null >/dev/null 2>&1\nsleep 1000 & echo $! > "$HOME/child"\nwait\n';
    platform.startAgent({
      hooks: { 'before-start': hangs },
      spec: { hookTimeoutSeconds: { 'before-start': 0.5 } },
    });
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('faulty');
    expect(platform.received.status).toMatchObject({
      reason: { code: 'hook-failed', message: 'the hook before-start did not end within 0.5 s and was killed' },
    });
    const child = Number(readFileSync(inHome('child'), 'utf8'));
    expect(child).toBeGreaterThan(1);
    await platform.command({ kind: 'drain', deadlineMilliseconds: 5000 });
    await inState('ready-to-shutdown');
    expect(readProcessStat(child)).toBeUndefined();
    expect(findInstanceProcesses(platform.key.instance)).toEqual([]);
  });
});
