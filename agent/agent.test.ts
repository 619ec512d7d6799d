import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processRecord } from '../schema/agent/instance.ts';
import { encode } from '../schema/mqtt/payload.ts';
import { clusterTopic, instanceTopic } from '../schema/mqtt/topics.ts';
import { findInstanceProcesses, readProcessStat } from './telemetry/process-tree.ts';
import { TOKEN } from './testing/broker.ts';
import { withPlatform } from './testing/bed.ts';
import { Platform, SERVER, START } from './testing/platform.ts';
import { soon } from './testing/soon.ts';

describe('an agent with a broker, a control plane’s endpoints and an application', () => {
  let platform: Platform;

  withPlatform((fresh) => (platform = fresh));

  const inState = (state: string) => soon(() => expect(platform.received.status?.state).toBe(state));
  const files = { 'server.mjs': SERVER };

  test('fetches, verifies, unpacks and starts a release and says so', async () => {
    platform.startAgent();
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    expect(await platform.get()).toBe('r1');
    const { received } = platform;
    expect(received.states).toEqual(['initialized', 'starting', 'active']);
    await soon(() => expect(received.phases).toEqual(['r1 fetching', 'r1 fetched', 'r1 switching', 'r1 active']));
    expect(received.artifacts.at(-1)).toMatchObject({ release: 'r1' });
    expect(received.status).toMatchObject({
      addresses: [{ name: 'http', host: '127.0.0.1', port: platform.httpPort }],
      restarts: 0,
    });
    expect(received.status!.startSeconds).toBeGreaterThan(0);
    await soon(() => expect(received.lines).toContain('stdout: release r1 begins'));
    await soon(() => expect(received.stats.at(-1)?.gauges.memoryBytes?.at(-1)).toBeGreaterThan(10e6));
    expect(platform.broker.connects).toEqual([
      { clientId: platform.key.instance, username: platform.key.instance, password: TOKEN },
    ]);
    expect(platform.endpoints.requests.every(({ authorization }) => authorization === `Bearer ${TOKEN}`)).toBe(true);
  });

  test('writes who runs before and after the application starts', async () => {
    const agent = platform.startAgent();
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    const record = processRecord.parse(JSON.parse(readFileSync(join(platform.directory, 'agent.json'), 'utf8')));
    expect(record).toMatchObject({ instance: platform.key.instance, session: platform.received.status!.session });
    expect(record.agent.pid).toBe(agent.child.pid);
    expect(String(record.application!.pid)).toBe(await platform.get('/pid'));
    expect(readProcessStat(record.application!.pid)).toMatchObject({
      startTicks: record.application!.startTicks,
      session: record.application!.pid,
    });
  });

  test('the application serves on while the broker is gone, and the birth comes again with it', async () => {
    platform.startAgent();
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    const pid = await platform.get('/pid');
    await platform.broker.stop();
    expect(await platform.get('/pid')).toBe(pid);
    const births = platform.received.statuses.length;
    const reports = platform.received.artifacts.length;
    await platform.broker.start();
    await soon(() => expect(platform.received.statuses.length).toBeGreaterThan(births), 20_000);
    expect(platform.received.status).toMatchObject({ state: 'active' });
    await soon(() => expect(platform.received.artifacts.length).toBeGreaterThan(reports));
    expect(await platform.get('/pid')).toBe(pid);
  });

  test('a token that is replaced in its file is connected with, and masked, and the application does not notice', async () => {
    platform.startAgent();
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    const pid = await platform.get('/pid');
    const births = platform.received.statuses.length;
    platform.broker.token = 'another-token-of-the-instance';
    const fresh = join(platform.directory, 'token.fresh');
    writeFileSync(fresh, platform.broker.token, { mode: 0o600 });
    renameSync(fresh, join(platform.directory, 'token'));
    await soon(() => expect(platform.received.statuses.length).toBeGreaterThan(births), 10_000);
    expect(platform.broker.connects.map(({ password }) => password)).toEqual([TOKEN, platform.broker.token]);
    expect(platform.received.statuses.every(({ state }) => state !== 'offline')).toBe(true);
    expect(await platform.get('/pid')).toBe(pid);
  });

  test('a disk that takes nothing of the agent’s own log ends neither the agent nor its application', async () => {
    platform.startAgent({ ownLog: '/dev/full' });
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    const pid = await platform.get('/pid');
    const births = platform.received.statuses.length;
    await platform.broker.stop();
    await platform.broker.start();
    await soon(() => expect(platform.received.statuses.length).toBeGreaterThan(births), 20_000);
    expect(await platform.get('/pid')).toBe(pid);
    await soon(() =>
      expect(platform.received.lines.some((line) => line.startsWith('agent: not connected'))).toBe(true),
    );
  });

  test('an application that grows over its declared memory is ended, and says so with figures', async () => {
    const grows = `${SERVER}
      const held = [];
      setInterval(() => held.push(Buffer.alloc(4 * 1024 * 1024, 1)), 40);`;
    platform.startAgent({ spec: { resources: { cpuCores: 1, memoryBytes: '128Mi' } } });
    await platform.desire(await platform.release('r1', { 'server.mjs': grows }, { start: START }));
    await inState('active');
    const pid = Number(await platform.get('/pid'));
    await soon(() => expect(platform.received.states).toContain('faulty'), 20_000);
    const faulty = platform.received.statuses.find((status) => status.state === 'faulty');
    expect(faulty).toMatchObject({ reason: { code: 'out-of-memory' } });
    const message = (faulty as { reason: { message: string } }).reason.message;
    const figures = /^over its declared memory of 128 MiB (?:in [23] samples in a row, last )?with ([\d.]+) MiB: /.exec(
      message,
    );
    expect(Number(figures?.[1])).toBeGreaterThan(128);
    await soon(() => expect(readProcessStat(pid)).toBeUndefined());
    await soon(() => expect(platform.received.status).toMatchObject({ state: 'active', restarts: 1 }));
  });

  test('a killed agent’s application is ended before the next run starts its own', async () => {
    const first = platform.startAgent();
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    const before = await platform.get('/pid');
    first.signal('SIGKILL');
    await first.exited;
    await soon(() => expect(platform.received.statuses.at(-1)!.state).toBe('offline'));
    platform.startAgent();
    await soon(async () => {
      const now = await platform.get('/pid');
      expect(now).toMatch(/^\d+$/);
      expect(now).not.toBe(before);
    });
    expect(readProcessStat(Number(before))).toBeUndefined();
  });

  test('a second agent for the same instance refuses with one line', async () => {
    platform.startAgent();
    await soon(() => expect(existsSync(join(platform.directory, 'agent.json'))).toBe(true));
    const second = platform.startAgent();
    expect(await second.exited).toBe(2);
    expect(second.stderr).toMatch(/another agent \(pid \d+\) already runs this instance/);
    expect(second.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('drain stops the application, is acknowledged once for each delivery, and SIGTERM then ends the agent', async () => {
    const agent = platform.startAgent();
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    const slow = platform.get('/slow');
    const id = await platform.command({ kind: 'drain', deadlineMilliseconds: 5000 });
    await inState('ready-to-shutdown');
    expect(await slow).toBe('slow');
    expect(await platform.get()).toBe('ECONNREFUSED');
    const acks = () =>
      platform.received.acks.filter((ack) => ack.kind === 'command' && ack.id === id && ack.result === 'done');
    await soon(() => expect(acks()).toHaveLength(1));
    await platform.command({ kind: 'drain', deadlineMilliseconds: 5000 }, id);
    await soon(() => expect(acks()).toHaveLength(2));
    const asked = performance.now();
    agent.signal('SIGTERM');
    expect(await agent.exited).toBe(0);
    expect(performance.now() - asked).toBeLessThan(2000);
    expect(platform.received.states.at(-1)).toBe('terminated');
  });

  test('drain kills what does not stop by the deadline, daemons included', async () => {
    platform.startAgent();
    const stubborn = `
      import { spawn } from 'node:child_process';
      process.on('SIGTERM', () => undefined);
      spawn('sh', ['-c', 'trap "" TERM; setsid sleep 1000 & exit'], { detached: true, stdio: 'ignore' });
      ${SERVER.replace(/process\.on\('SIGTERM.*/, '')}`;
    await platform.desire(await platform.release('r1', { 'server.mjs': stubborn }, { start: START }));
    await inState('active');
    await soon(() => expect(findInstanceProcesses(platform.key.instance)).toHaveLength(2));
    await platform.command({ kind: 'drain', deadlineMilliseconds: 300 });
    await inState('ready-to-shutdown');
    expect(findInstanceProcesses(platform.key.instance)).toEqual([]);
  });

  test('an eviction serves on for the drain time, a second SIGTERM ends it at once', async () => {
    const agent = platform.startAgent({ spec: { drainSeconds: 600 } });
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    agent.signal('SIGTERM');
    await inState('maintenance');
    expect(platform.received.status!.reason).toMatchObject({ code: 'stopping' });
    expect(await platform.get()).toBe('r1');
    agent.signal('SIGTERM');
    expect(await agent.exited).toBe(0);
    expect(platform.received.states.slice(-3)).toEqual(['maintenance', 'ready-to-shutdown', 'terminated']);
    expect(platform.received.statuses.some(({ state }) => state === 'offline')).toBe(false);
  });

  test('restart starts the same release anew', async () => {
    platform.startAgent();
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    const pid = await platform.get('/pid');
    await platform.command({ kind: 'restart' });
    await soon(() => expect(platform.received.acks).toMatchObject([{ kind: 'command', result: 'done' }]));
    await soon(async () => expect(await platform.get('/pid')).toMatch(/^\d+$/));
    expect(await platform.get('/pid')).not.toBe(pid);
    await inState('active');
  });

  test('a load balancer’s program gets topologies by its socket and its counts are reported', async () => {
    const program = `
      import { connect } from 'node:net';
      import { createServer } from 'node:http';
      import { createInterface } from 'node:readline';
      const socket = connect(process.env.CARTWRIGHT_SOCKET);
      const send = (message) => socket.write(JSON.stringify(message) + '\\n');
      send({ type: 'hello', v: 1, program: 'test' });
      createInterface({ input: socket }).on('line', (line) => {
        console.log(line);
        const { type, alias, document } = JSON.parse(line);
        if (type !== 'topology') return;
        send({ type: 'applied', alias, uid: document.uid, epoch: document.epoch, generation: document.generation });
        send({ type: 'demand', uptimeSeconds: 1, targets: {} });
      });
      process.on('SIGTERM', () => setTimeout(() => process.exit(0), 200));
      createServer().listen(Number(process.env.PORT), process.env.HOST);`;
    const agent = platform.startAgent({ spec: { category: 'load-balancer' } });
    const api = { ...platform.key, alias: 'api' };
    const document = {
      v: 1,
      uid: 'u1',
      epoch: 1,
      generation: 4,
      routes: [{ path: '/' }],
      concurrency: 0,
      members: [],
    } as const;
    await platform.broker.publish(clusterTopic(api, 'topology'), encode(document), true);
    await platform.desire(await platform.release('r1', { 'server.mjs': program }, { start: START }));
    await inState('active');
    const { received } = platform;
    await soon(() =>
      expect(received.acks).toMatchObject([{ kind: 'topology', alias: 'api', uid: 'u1', generation: 4 }]),
    );
    await soon(() => expect(received.demands).toMatchObject([{ sequence: 1, uptimeSeconds: 1, targets: {} }]));
    agent.signal('SIGINT');
    expect(await agent.exited).toBe(0);
    expect(readFileSync(join(platform.directory, 'logs/stdout.log'), 'utf8')).toContain('{"type":"drain"}');
  });

  test('what a hostile or broken sender publishes changes nothing', async () => {
    platform.startAgent();
    await platform.desire(await platform.release('r1', files, { start: START }));
    await inState('active');
    const pid = await platform.get('/pid');
    const desired = clusterTopic(platform.key, 'desired');
    const command = instanceTopic(platform.key, 'command');
    for (const bad of ['', '{', 'null', '[]', '{"v":2}', '{"v":1}', '\xff', `{"v":1,"uid":"${'x'.repeat(300_000)}"}`]) {
      await platform.broker.publish(desired, Buffer.from(bad, 'latin1'), false);
      await platform.broker.publish(command, Buffer.from(bad, 'latin1'), false);
    }
    const expired = Buffer.from(JSON.stringify({ v: 1, id: 'late', kind: 'restart', expiresInMilliseconds: 0 }));
    await platform.broker.publish(command, expired, false);
    await soon(() =>
      expect(platform.received.acks).toMatchObject([{ kind: 'command', id: 'late', result: 'expired' }]),
    );
    expect(await platform.get('/pid')).toBe(pid);
    expect(platform.received.status!.state).toBe('active');
  });

  test('runs from its sources, too', async () => {
    const sources = new Platform();
    await sources.start();
    sources.startAgent({ environment: { CARTWRIGHT_AGENT_INVENTORY: 'on' } });
    await soon(() => expect(sources.received.status?.inventory).toMatchObject({ node: process.versions.node }), 20_000);
    await sources.stop();
  });

  test('the inventory of the machine comes after the birth, from a child that ends', async () => {
    platform.startAgent({ environment: { CARTWRIGHT_AGENT_INVENTORY: 'on' } });
    await soon(() => expect(platform.received.status?.inventory?.memoryBytes).toBeGreaterThan(1e8), 20_000);
    expect(platform.received.statuses[0]).not.toHaveProperty('inventory');
  });
});
