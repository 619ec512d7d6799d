import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cartridgeSpec } from '../../schema/manifests/cartridge.ts';
import { LogBatch } from '../logs/log-batch.ts';
import { Masking } from '../logs/masking.ts';
import { Output } from '../logs/output.ts';
import { Positions } from '../logs/positions.ts';
import { soon } from '../testing/soon.ts';
import { MemoryGroup } from '../telemetry/memory-group.ts';
import { readProcessStat } from '../telemetry/process-tree.ts';
import type { HeldMemory } from './ends.ts';
import { Fault } from './faults.ts';
import { Hooks } from './hooks.ts';
import type { Launch } from './launch.ts';
import type { ProcessGroup } from './process-group.ts';
import { Supervisor, type SupervisorEvent } from './supervisor.ts';

const SPEC = cartridgeSpec.parse({ version: '1', category: 'framework', runtimes: ['process'] });

describe('a supervisor', () => {
  let folder: string;
  let supervisor: Supervisor;
  let output: Output;
  let port: number;
  let events: SupervisorEvent[];
  let groups: (ProcessGroup | undefined)[];
  let servers: Server[];
  let paths: Readonly<Record<string, string>>;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'supervisor-test-'));
    events = [];
    groups = [];
    servers = [];
    output = new Output({
      directory: folder,
      maximumFileBytes: 1e6,
      batch: new LogBatch(200),
      masking: new Masking(),
      positions: new Positions(join(folder, 'logs.json'), () => undefined),
      onError: (error) => {
        throw error;
      },
    });
    supervisorWith({});
    const server = await listen(0);
    port = (server.address() as AddressInfo).port;
    await close(server);
  });
  afterEach(async () => {
    await supervisor.stop(0);
    await output.close();
    await Promise.all(servers.map(close));
    rmSync(folder, { recursive: true });
  });

  function supervisorWith(hooks: Readonly<Record<string, string>>, memory?: HeldMemory): void {
    for (const [name, text] of Object.entries(hooks)) {
      writeFileSync(join(folder, name), text);
      chmodSync(join(folder, name), 0o755);
    }
    paths = Object.fromEntries(Object.keys(hooks).map((name) => [name, name]));
    supervisor = new Supervisor({
      hooks: new Hooks({
        output,
        state: () => 'starting',
        onRemark: () => undefined,
      }),
      output,
      ...(memory ? { memory } : {}),
      onEvent: (_, event) => events.push(event),
      onGroup: async (group) => {
        groups.push(group);
      },
    });
  }

  async function listen(at: number): Promise<Server> {
    const server = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
    servers.push(server);
    return server;
  }
  const close = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()));

  function launch(script: string, options: Partial<Launch> = {}): Launch {
    writeFileSync(join(folder, 'app.mjs'), script);
    return {
      release: 'r1',
      cartridge: { name: 'node', directory: folder, spec: { ...SPEC, hooks: paths } },
      command: ['node', 'app.mjs'],
      cwd: folder,
      environment: { PATH: `${join(process.execPath, '..')}:${process.env.PATH ?? ''}`, PORT: String(port) },
      readiness: { kind: 'tcp', host: '127.0.0.1', port, intervalSeconds: 0.1, timeoutSeconds: 1 },
      deadlineSeconds: 0.5,
      stopSignal: 'SIGTERM',
      health: undefined,
      expected: { host: '127.0.0.1', port, variable: 'PORT' },
      ...options,
    };
  }
  const listenOn = (where: string) => `import { createServer } from 'node:http';
    createServer((request, response) => response.end('ok')).listen(${where});`;
  const kinds = () => events.map(({ kind }) => kind);
  const fault = () => events.findLast((event) => event.kind === 'faulty')?.reason;

  test('says what an application listens on instead of its port, and that it is active once it moves there', async () => {
    const told = join(folder, 'move');
    const moves = `${listenOn("0, '127.0.0.1'")}
      import { existsSync } from 'node:fs';
      const waiting = setInterval(() => {
        if (!existsSync(${JSON.stringify(told)})) return;
        clearInterval(waiting);
        createServer().listen(Number(process.env.PORT), '127.0.0.1');
      }, 50);`;
    supervisor.start(launch(moves, { deadlineSeconds: 0.8 }));
    await soon(() => expect(fault()?.code).toBe('listens-elsewhere'));
    writeFileSync(told, '');
    await soon(() => expect(kinds().at(-1)).toBe('ready'));
    expect(new Set(kinds())).toEqual(new Set(['starting', 'faulty', 'ready']));
    expect(fault()!.message).toMatch(
      new RegExp(`^listens on 127\\.0\\.0\\.1:\\d+; expected 127\\.0\\.0\\.1:${port} \\(\\$PORT\\)$`),
    );
    expect(groups).toHaveLength(1);
  });

  test('says when it listens on nothing', async () => {
    supervisor.start(launch('setInterval(() => undefined, 1000)'));
    await soon(() => expect(fault()?.code).toBe('not-ready-in-time'));
    expect(fault()!.message).toContain(`It listens on nothing; expected 127.0.0.1:${port} ($PORT)`);
  });

  test('says what the readiness request was answered', async () => {
    const script = `import { createServer } from 'node:http';
      createServer((request, response) => response.writeHead(500).end()).listen(Number(process.env.PORT), '127.0.0.1');`;
    const readiness = {
      kind: 'http' as const,
      host: '127.0.0.1',
      port,
      path: '/ready',
      intervalSeconds: 0.1,
      timeoutSeconds: 1,
    };
    supervisor.start(launch(script, { readiness }));
    // A slow machine may not have let it listen by the first deadline.
    await soon(() => expect(fault()?.message).toMatch(/^not ready after [\d.]+ s: GET \/ready answered 500\.$/));
    expect(fault()!.code).toBe('not-ready-in-time');
  });

  test('is not fooled by a stranger on the port', async () => {
    await listen(port);
    supervisor.start(launch(listenOn("0, '127.0.0.1'")));
    // A slow machine may not have let it listen anywhere by the first deadline.
    await soon(() => expect(fault()?.code).toBe('listens-elsewhere'));
    await supervisor.stop(0);
    events.length = 0;
    supervisor.start(launch('setInterval(() => undefined, 1000)'));
    await soon(() => expect(fault()?.code).toBe('port-taken'));
    expect(kinds()).not.toContain('ready');
  });

  test('gives up after twice the deadline and starts it again', async () => {
    supervisor.start(launch('setInterval(() => undefined, 1000)', { deadlineSeconds: 0.2 }));
    await soon(() => expect(groups.length).toBeGreaterThanOrEqual(3));
    expect(supervisor.restarts).toBe(1);
  });

  test('a crash loop is explained with the exit and the last lines, and goes on being tried', async () => {
    const crashes = "console.log('one'); console.error('cannot reach the database'); process.exit(3);";
    supervisor.start(launch(crashes, { deadlineSeconds: 30 }));
    await soon(() => expect(fault()).toBeDefined(), 15_000);
    expect(fault()!.code).toBe('crash-loop');
    expect(fault()!.message).toMatch(
      /^the application ended 3 times within \d+ s, last with exit code 3; last lines: /,
    );
    expect(fault()!.message).toContain('cannot reach the database');
    expect(events.slice(0, 3)).toEqual([
      { kind: 'starting' },
      {
        kind: 'starting',
        reason: { code: 'exited', message: expect.stringContaining('ended with exit code 3; last lines') },
      },
      { kind: 'starting', reason: { code: 'exited', message: expect.any(String) } },
    ]);
    expect(supervisor.restarts).toBe(2);
    await soon(() => expect(supervisor.restarts).toBe(3));
  });

  test.each([
    [['./no-such-program'], /^cannot start ".\/no-such-program" \(ENOENT\): it was not found, or the interpreter/],
    [['no-such-program'], /it was not found in PATH \(/],
    [['./app.mjs'], /\(EACCES\): it is not executable/],
  ])('a start command %j that cannot be executed is a fault at once', async (command, message) => {
    supervisor.start(launch('', { command }));
    await soon(() => expect(fault()).toBeDefined(), 1000);
    expect(fault()!.code).toBe('start-command-not-found');
    expect(fault()!.message).toMatch(message);
  });

  test('a failing before-start hook is a fault, and nothing is started', async () => {
    supervisorWith({ 'before-start': '#!/bin/sh\necho no licence >&2\nexit 4\n' });
    supervisor.start(launch(listenOn('Number(process.env.PORT)')));
    await soon(() => expect(fault()).toBeDefined());
    expect(fault()).toEqual({
      code: 'hook-failed',
      message: 'the hook before-start ended with exit code 4; last lines: no licence',
    });
    expect(groups).toEqual([]);
  });

  test('a before-start hook that hangs does not hold up who stops it, and leaves nothing', async () => {
    supervisorWith({ 'before-start': '#!/bin/sh\nsetsid sleep 1000 & echo $!\nexec sleep 1000\n' });
    supervisor.start(launch(''));
    await soon(() => expect(output.tail('hook-before-start', 1)[0]).toMatch(/^\d+$/));
    const forked = Number(output.tail('hook-before-start', 1)[0]);
    const asked = performance.now();
    await supervisor.stop(60_000);
    expect(performance.now() - asked).toBeLessThan(20_000);
    expect(readProcessStat(forked)).toBeUndefined();
    expect(groups).toEqual([]);
  });

  test('an application that turns unhealthy is started again', async () => {
    const script = `import { createServer } from 'node:http';
      let asked = 0;
      createServer((request, response) => { asked += request.url === '/health' ? 1 : 0; response.writeHead(asked > 2 ? 500 : 200).end(); })
        .listen(Number(process.env.PORT), '127.0.0.1');`;
    const probe = {
      kind: 'http' as const,
      host: '127.0.0.1',
      port,
      path: '/health',
      intervalSeconds: 0.05,
      timeoutSeconds: 1,
    };
    supervisor.start(launch(script, { deadlineSeconds: 5, health: { probe, failureThreshold: 3 } }));
    await soon(() => expect(kinds().slice(0, 4)).toEqual(['starting', 'ready', 'faulty', 'ready']));
    expect(fault()).toEqual({
      code: 'unhealthy',
      message: '3 health checks failed in a row, last: GET /health answered 500. It is started again',
    });
  });

  test('what is made to fail is killed without a grace, explained, and started again with growing pauses', async () => {
    const stubborn = `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000);`;
    supervisor.start(launch(stubborn, { readiness: undefined, expected: undefined, deadlineSeconds: 5 }));
    await soon(() => expect(kinds()).toContain('ready'));
    const [group] = groups;
    supervisor.fail(group!.tree, new Fault('out-of-memory', 'too much'));
    const asked = performance.now();
    await soon(() => expect(groups.length).toBe(3));
    expect(performance.now() - asked).toBeGreaterThan(450);
    expect(performance.now() - asked).toBeLessThan(5000);
    expect(readProcessStat(group!.pid)).toBeUndefined();
    expect(fault()).toEqual({ code: 'out-of-memory', message: 'too much' });
    expect(supervisor.restarts).toBe(1);
    // Meant for a start that is over: the one that runs now is left alone.
    supervisor.fail(group!.tree, new Fault('out-of-memory', 'too late'));
    await soon(() => expect(kinds()).toEqual(['starting', 'ready', 'faulty', 'ready']));
    expect(groups).toHaveLength(3);
  });

  test('what the kernel has ended for its memory is out of memory, and what was ended otherwise is not', async () => {
    const group = join(folder, 'group');
    mkdirSync(group);
    writeFileSync(join(group, 'memory.events'), 'low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\noom_group_kill 1\n');
    supervisorWith(
      {},
      { group: new MemoryGroup(group, (error) => expect(error).toBeUndefined()), limitBytes: 128 * 1024 ** 2 },
    );
    supervisor.start(
      launch('setInterval(() => undefined, 1000)', { readiness: undefined, expected: undefined, deadlineSeconds: 5 }),
    );
    await soon(() => expect(kinds()).toContain('ready'));
    expect(readFileSync(join(group, 'cgroup.procs'), 'utf8')).toBe(String(groups[0]!.pid));
    process.kill(groups[0]!.pid, 'SIGKILL');
    await soon(() => expect(groups.length).toBe(3));
    expect(events.at(-1)).toMatchObject({ kind: 'starting', reason: { code: 'exited' } });
    writeFileSync(join(group, 'memory.events'), 'low 0\nhigh 0\nmax 9\noom 2\noom_kill 4\noom_group_kill 2\n');
    process.kill(groups[2]!.pid, 'SIGKILL');
    await soon(() => expect(fault()?.code).toBe('out-of-memory'));
    expect(fault()!.message).toMatch(/^over its declared memory of 128 MiB: the kernel ended it, /);
  });

  test('a command can be the check', async () => {
    const command = {
      kind: 'command' as const,
      intervalSeconds: 0.05,
      timeoutSeconds: 2,
      cwd: folder,
      environment: { PATH: '/bin' },
    };
    const script =
      "import { writeFileSync } from 'node:fs'; setTimeout(() => writeFileSync('is-ready', ''), 300); setInterval(() => undefined, 1000);";
    const readiness = { ...command, command: ['test', '-e', 'is-ready'] };
    supervisor.start(launch(script, { readiness, expected: undefined, deadlineSeconds: 10 }));
    await soon(() => expect(kinds()).toEqual(['starting', 'ready']));
  });

  test('without any check it is ready when it has run for a second', async () => {
    supervisor.start(
      launch('setInterval(() => undefined, 1000)', { readiness: undefined, expected: undefined, deadlineSeconds: 5 }),
    );
    const startedAt = performance.now();
    await soon(() => expect(kinds()).toEqual(['starting', 'ready']));
    expect(performance.now() - startedAt).toBeGreaterThan(950);
  });

  test('what a leader leaves behind is killed before it is started again', async () => {
    const script = `import { spawn } from 'node:child_process';
      const child = spawn('sleep', ['1000'], { stdio: 'ignore' }); console.log(child.pid); child.unref(); setTimeout(() => process.exit(1), 100);`;
    supervisor.start(launch(script));
    await soon(() => expect(events.at(-1)).toMatchObject({ reason: { code: 'exited' } }));
    const left = Number(output.tail('std', 1)[0]);
    expect(left).toBeGreaterThan(1);
    expect(readProcessStat(left)).toBeUndefined();
  });

  test('stop gives the grace, a second stop without one ends it', async () => {
    supervisor.start(
      launch(
        `process.on('SIGTERM', () => undefined); ${listenOn("Number(process.env.PORT), '127.0.0.1'").replace(/^import (.*) from '(.*)';/, "const $1 = await import('$2');")}`,
        { deadlineSeconds: 10 },
      ),
    );
    await soon(() => expect(kinds()).toContain('ready'));
    const stopping = supervisor.stop(60_000);
    const asked = performance.now();
    await supervisor.stop(0);
    await stopping;
    expect(performance.now() - asked).toBeLessThan(3000);
    expect(supervisor.isRunning).toBe(false);
  });
});
