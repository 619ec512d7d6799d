import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import { newUid } from '../../../schema/ids.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { ObservedInstance, Provider } from '../../app/ports/provider.ts';
import { describeProvider } from '../testing/provider-contract.ts';
import { isRunning, readBootId, readStat } from './kernel.ts';
import type { ProcessIdentity } from './kernel.ts';
import type { ProcessProviderOptions } from './options.ts';
import { createProcessProvider } from './provider.ts';
import { makeRequest, markedPids, ProcessFixture } from './testing/fixture.ts';
import { writeStandIn } from './testing/stand-in-agent.ts';
import type { StandIn } from './testing/stand-in-agent.ts';

describeProvider('process', () => ProcessFixture.open());

async function find(provider: Provider, instance: string): Promise<ObservedInstance | undefined> {
  return (await provider.list()).find((item) => item.instance === instance);
}

async function withFixture(
  work: (fixture: ProcessFixture) => Promise<void>,
  options: Partial<ProcessProviderOptions> = {},
): Promise<void> {
  const fixture = await ProcessFixture.open(options);
  try {
    await work(fixture);
  } finally {
    await fixture.close();
  }
}

async function useAgent(fixture: ProcessFixture, changes: Partial<StandIn>): Promise<Provider> {
  return fixture.reopen({ agentProgram: await writeStandIn(fixture.directory, 'other', changes) });
}

async function running(fixture: ProcessFixture, instance = newUid(), processes = 2): Promise<string> {
  await fixture.provider.create(fixture.request(instance));
  await eventually(`${instance} runs`, async () => (await find(fixture.provider, instance))?.state === 'running');
  await eventually('its application runs', () => markedPids(instance).length >= processes);
  return instance;
}

function identityOf(pid: number): ProcessIdentity {
  return { pid, startTicks: readStat(pid)!.startTicks };
}

/** A process of this user that has nothing to do with any instance. */
function startStranger() {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore', detached: true });
  return { identity: identityOf(child.pid!), [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

/** A directory as a control plane leaves it that was killed before the spawn. */
async function leaveUnstarted(fixture: ProcessFixture, instance: string): Promise<void> {
  const request = fixture.request(instance);
  await mkdir(fixture.path(instance, 'logs'), { recursive: true });
  await writeFile(fixture.path(instance, 'token'), request.token, { mode: 0o600 });
  const document = {
    ...request.document,
    provider: 'process',
    tokenFile: fixture.path(instance, 'token'),
    advertisedHost: '127.0.0.1',
    listenHost: '127.0.0.1',
    ports: [{ name: 'http', protocol: 'http', port: 25_150 }],
  };
  await writeFile(fixture.path(instance, 'instance.json'), JSON.stringify(document));
}

describe('what an instance is given', () => {
  test('the directory holds the complete document, and the token where only the user reads it', () =>
    withFixture(async (fixture) => {
      const instance = await running(fixture);
      const document = JSON.parse(await readFile(fixture.path(instance, 'instance.json'), 'utf8')) as object;
      expect(document).toMatchObject({
        instance,
        provider: 'process',
        advertisedHost: '127.0.0.1',
        listenHost: '127.0.0.1',
        tokenFile: fixture.path(instance, 'token'),
        ports: [{ name: 'http', protocol: 'http', port: expect.any(Number) }],
      });
      expect(JSON.stringify(document)).not.toContain('token-of-');
      expect(await readFile(fixture.path(instance, 'token'), 'utf8')).toBe(`token-of-${instance}`);
      expect((await stat(fixture.path(instance, 'token'))).mode & 0o777).toBe(0o600);
    }));

  test('the agent’s environment holds nothing of the control plane’s', () =>
    withFixture(async (fixture) => {
      process.env.SECRET_OF_THE_CONTROL_PLANE = 'secret';
      try {
        const instance = await running(fixture);
        const environment = JSON.parse(await readFile(fixture.path(instance, 'environment.json'), 'utf8')) as object;
        expect(Object.keys(environment).sort()).toEqual(['CARTWRIGHT_INSTANCE', 'HOME', 'LANG', 'PATH']);
        expect(environment).toMatchObject({ HOME: fixture.path(instance), CARTWRIGHT_INSTANCE: instance });
      } finally {
        delete process.env.SECRET_OF_THE_CONTROL_PLANE;
      }
    }));

  test('the agent leads a session of its own', () =>
    withFixture(async (fixture) => {
      const instance = await running(fixture);
      const [pid] = fixture.agentPids(instance);
      expect(readStat(pid!)).toMatchObject({ session: pid, group: pid });
    }));
});

describe('ports', () => {
  test('a port of the range that another program listens on is passed over', () =>
    withFixture(async (fixture) => {
      const server = createServer().listen(25_180, '127.0.0.1');
      await once(server, 'listening');
      try {
        const provider = await fixture.reopen({ portRange: { from: 25_180, to: 25_181 } });
        const created = await provider.create(fixture.request(newUid()));
        expect(created.ports[0]!.port).toBe(25_181);
        await expect(provider.create(fixture.request(newUid()))).rejects.toMatchObject({ code: 'PORTS_EXHAUSTED' });
      } finally {
        server.close();
      }
    }));

  test('instances created at the same time get different ports, and a removed one’s can be had again', () =>
    withFixture(async (fixture) => {
      const provider = await fixture.reopen({ portRange: { from: 25_182, to: 25_185 } });
      const ids = [newUid(), newUid(), newUid(), newUid()];
      const created = await Promise.all(ids.map((instance) => provider.create(fixture.request(instance))));
      expect(new Set(created.map(({ ports }) => ports[0]!.port)).size).toBe(4);
      await provider.remove(ids[2]!);
      const again = await provider.create(fixture.request(newUid()));
      expect(again.ports).toEqual(created[2]!.ports);
    }));

  test('a fixed port is used, and refused with its number and what to do while somebody has it', () =>
    withFixture(async (fixture) => {
      const { provider } = fixture;
      const fixedPorts = { http: 25_190 };
      const first = newUid();
      expect((await provider.create(fixture.request(first, { fixedPorts }))).ports[0]!.port).toBe(25_190);
      const second = fixture.request(newUid(), { fixedPorts });
      await expect(provider.create(second)).rejects.toMatchObject({
        code: 'PORT_IN_USE',
        message: expect.stringMatching(new RegExp(`25190 .*${first}.*another port`)),
      });
      expect(await provider.list()).toHaveLength(1);
      await provider.stop(first, 5);
      expect((await provider.create(second)).ports[0]!.port).toBe(25_190);
    }));

  test('a fixed port that another program listens on is refused', () =>
    withFixture(async (fixture) => {
      const server = createServer().listen(25_191, '127.0.0.1');
      await once(server, 'listening');
      try {
        await expect(
          fixture.provider.create(fixture.request(newUid(), { fixedPorts: { http: 25_191 } })),
        ).rejects.toMatchObject({ code: 'PORT_IN_USE', message: expect.stringContaining('25191') });
      } finally {
        server.close();
      }
    }));

  test('a port fixed for a name that the cartridge does not declare is refused', () =>
    withFixture(async (fixture) => {
      await expect(
        fixture.provider.create(fixture.request(newUid(), { fixedPorts: { admin: 25_192 } })),
      ).rejects.toMatchObject({ code: 'PORT_UNKNOWN' });
    }));
});

describe('load balancers', () => {
  const documentOf = (fixture: ProcessFixture, instance: string) =>
    JSON.parse(readFileSync(fixture.path(instance, 'instance.json'), 'utf8')) as InstanceDocument;

  test('listen on the public address, applications on loopback; both are reached from this machine', () =>
    withFixture(
      async (fixture) => {
        const [balancer, web] = [newUid(), newUid()];
        const created = await fixture.provider.create(fixture.request(balancer, { category: 'load-balancer' }));
        await fixture.provider.create(fixture.request(web));
        expect(documentOf(fixture, balancer)).toMatchObject({ listenHost: '0.0.0.0', advertisedHost: '127.0.0.1' });
        expect(documentOf(fixture, web)).toMatchObject({ listenHost: '127.0.0.1', advertisedHost: '127.0.0.1' });
        expect(created.outdated).toBeUndefined();
      },
      { publicListenHost: '0.0.0.0' },
    ));

  test('that listen elsewhere than they would today are called outdated, and go on', () =>
    withFixture(async (fixture) => {
      const [balancer, web] = [newUid(), newUid()];
      await fixture.provider.create(fixture.request(balancer, { category: 'load-balancer' }));
      await fixture.provider.create(fixture.request(web));
      const seen = await (await fixture.reopen({ publicListenHost: '::' })).list();
      const of = (uid: string) => seen.find(({ instance }) => instance === uid);
      expect(of(balancer)).toMatchObject({ outdated: 'it listens on 127.0.0.1 instead of ::' });
      expect(of(balancer)?.state).not.toBe('gone');
      expect(of(web)?.outdated).toBeUndefined();
    }));

  test('cannot be told to listen on another machine’s address', () =>
    withFixture(async (fixture) => {
      await expect(fixture.openProvider({ publicListenHost: '192.0.2.1' })).rejects.toMatchObject({
        code: 'ADDRESS_UNKNOWN',
        message: expect.stringContaining('192.0.2.1'),
      });
    }));
});

describe('stopping', () => {
  test('an agent that ignores the request is killed with its application when the grace is over', () =>
    withFixture(async (fixture) => {
      await useAgent(fixture, { onTerm: 'ignore' });
      const instance = await running(fixture);
      const begun = performance.now();
      await fixture.provider.stop(instance, 0.2);
      expect(performance.now() - begun).toBeGreaterThanOrEqual(200);
      expect(await fixture.processes(instance)).toBe(0);
    }));

  test('a second request with less grace shortens the first', () =>
    withFixture(async (fixture) => {
      await useAgent(fixture, { onTerm: 'ignore' });
      const instance = await running(fixture);
      const slow = fixture.provider.stop(instance, 3600);
      await fixture.provider.stop(instance, 0);
      await slow;
      expect(await fixture.processes(instance)).toBe(0);
    }));

  test('processes that left the application’s group, or dropped the mark but not the group, are found', () =>
    withFixture(async (fixture) => {
      await useAgent(fixture, {
        onTerm: 'ignore',
        application: 'setsid sleep 1001 & env -i sleep 1002 & sleep 1003',
      });
      const instance = await running(fixture, newUid(), 4);
      const [agent] = fixture.agentPids(instance);
      const record = JSON.parse(await readFile(fixture.path(instance, 'agent.json'), 'utf8')) as {
        application: { pid: number };
      };
      const unmarked = await eventually('the unmarked one runs', async () =>
        (await readdir('/proc'))
          .map(Number)
          .find(
            (pid) => pid > 0 && readStat(pid)?.group === record.application.pid && !markedPids(instance).includes(pid),
          ),
      );
      const identity = identityOf(unmarked);
      expect(agent).toBeDefined();
      await fixture.provider.stop(instance, 0);
      expect(await fixture.processes(instance)).toBe(0);
      expect(isRunning(identity)).toBe(false);
    }));

  test('closing leaves instances alone and ends a stop that waits', () =>
    withFixture(async (fixture) => {
      await useAgent(fixture, { onTerm: 'ignore' });
      const instance = await running(fixture);
      const stopping = fixture.provider.stop(instance, 3600);
      const ended = expect(stopping).rejects.toMatchObject({ code: 'PROVIDER_CLOSED' });
      await fixture.provider.close();
      await ended;
      expect(await fixture.agents(instance)).toBe(1);
    }));
});

describe('an agent that ends by itself', () => {
  test('takes its application with it when it is killed: no orphan is left', () =>
    withFixture(async (fixture) => {
      const instance = await running(fixture);
      const { provider } = fixture;
      const told: Promise<{ readonly state: string | undefined; readonly processes: number[] }>[] = [];
      provider.onChange((id) => {
        if (id !== instance) return;
        told.push(find(provider, id).then((seen) => ({ state: seen?.state, processes: markedPids(id) })));
      });
      await fixture.kill(instance);
      await eventually('the end is told', async () => (await Promise.all(told)).some(({ state }) => state === 'gone'));
      // That it runs may be told until it has ended.
      const left = (await Promise.all(told)).filter(({ state }) => state === 'gone');
      expect(left.flatMap(({ processes }) => processes)).toEqual([]);
    }));

  test('that crashes at once is gone with its exit code, and its last words can be read', () =>
    withFixture(async (fixture) => {
      const provider = await useAgent(fixture, { crashWith: 'first line\nlast line\n' });
      const instance = newUid();
      await provider.create(fixture.request(instance));
      const seen = await eventually('it is gone with the reason', async () => {
        const found = await find(provider, instance);
        return found?.detail?.includes('exit code') ? found : undefined;
      });
      expect(seen).toMatchObject({ state: 'gone', detail: expect.stringContaining('exit code 3') });
      expect(await provider.tail(instance, 1)).toEqual(['last line']);
      expect(await provider.tail(instance, 10)).toEqual(['first line', 'last line']);
    }));

  test('leaves the application’s output as the tail, before its own', () =>
    withFixture(async (fixture) => {
      const instance = await running(fixture);
      await writeFile(fixture.path(instance, 'logs', 'agent.log'), 'of the agent\n');
      await writeFile(fixture.path(instance, 'logs', 'stderr.log'), `${'x'.repeat(100_000)}\nlisten EADDRINUSE\n`);
      expect(await fixture.provider.tail(instance, 20)).toEqual(['listen EADDRINUSE']);
      expect(await fixture.provider.tail('nobody', 20)).toEqual([]);
    }));
});

describe('after a crash of the control plane', () => {
  test('instances created by one that was killed with SIGKILL are adopted, with the same pids', () =>
    withFixture(async (fixture) => {
      const ids = [newUid(), newUid(), newUid()];
      const options = await fixture.options();
      const program = join(fixture.directory, 'control-plane.mjs');
      await writeFile(
        program,
        `import { createProcessProvider } from ${JSON.stringify(new URL('./provider.ts', import.meta.url).href)};
         const provider = await createProcessProvider(${JSON.stringify(options)});
         for (const request of ${JSON.stringify(ids.map((id) => makeRequest(id)))}) await provider.create(request);
         console.log('created');
         setInterval(() => undefined, 1000);`,
      );
      const controlPlane = spawn(process.execPath, ['--no-warnings', program], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(controlPlane, 'exit');
      await Promise.race([
        once(createInterface(controlPlane.stdout), 'line'),
        exited.then(() => Promise.reject(new Error('the control plane ended before it had created the instances'))),
      ]);
      controlPlane.kill('SIGKILL');
      await exited;
      const before = ids.map((id) => fixture.agentPids(id));
      const provider = await fixture.reopen();
      await eventually('all run', async () => {
        const seen = (await provider.list()).map(({ instance, state, detail }) => ({ instance, state, detail }));
        expect(seen).toEqual(ids.toSorted().map((instance) => ({ instance, state: 'running', detail: undefined })));
        return true;
      });
      expect(ids.map((id) => fixture.agentPids(id))).toEqual(before);
      expect(before.every((pids) => pids.length === 1)).toBe(true);
      await provider.create(fixture.request(ids[0]!));
      expect(fixture.agentPids(ids[0]!)).toEqual(before[0]);
    }));

  test('an orphan whose agent died meanwhile is killed before the instance is called gone', () =>
    withFixture(async (fixture) => {
      const instance = await running(fixture);
      await fixture.provider.close();
      await fixture.kill(instance);
      await eventually('the agent has ended', () => fixture.agentPids(instance).length === 0);
      expect(markedPids(instance).length).toBeGreaterThan(0);
      const provider = await fixture.reopen();
      expect(await find(provider, instance)).toMatchObject({ state: 'gone' });
      expect(markedPids(instance)).toEqual([]);
    }));

  test('a directory whose agent was never started is gone until it is asked for again', () =>
    withFixture(async (fixture) => {
      const instance = newUid();
      await leaveUnstarted(fixture, instance);
      const provider = await fixture.reopen();
      expect(await find(provider, instance)).toMatchObject({
        state: 'gone',
        detail: expect.stringContaining('never started'),
      });
      const created = await provider.create(fixture.request(instance));
      expect(created).toMatchObject({ state: 'starting', ports: [{ port: 25_150 }] });
      await eventually('it runs', async () => (await find(provider, instance))?.state === 'running');
      expect(await fixture.agents(instance)).toBe(1);
    }));

  test('an agent that was started but not noted is adopted, and not started twice', () =>
    withFixture(async (fixture) => {
      const provider = await useAgent(fixture, { reports: false });
      const listed = newUid();
      const asked = newUid();
      await provider.create(fixture.request(listed));
      await provider.create(fixture.request(asked));
      await provider.close();
      const before = [...fixture.agentPids(listed), ...fixture.agentPids(asked)];
      await rm(fixture.path(listed, 'spawned.json'));
      await rm(fixture.path(asked, 'spawned.json'));
      const next = await fixture.reopen();
      expect(await find(next, listed)).toMatchObject({ state: 'starting' });
      expect(await next.create(fixture.request(asked))).toMatchObject({ state: 'starting' });
      expect([...fixture.agentPids(listed), ...fixture.agentPids(asked)]).toEqual(before);
      expect(existsSync(fixture.path(listed, 'spawned.json'))).toBe(true);
    }));

  test('half-made and half-deleted directories are cleared', () =>
    withFixture(async (fixture) => {
      await mkdir(join(fixture.directory, 'instances', '.new-abc', 'logs'), { recursive: true });
      await mkdir(join(fixture.directory, 'instances', '.trash-abc', 'logs'), { recursive: true });
      const provider = await fixture.reopen();
      expect(await provider.list()).toEqual([]);
      expect(await readdir(join(fixture.directory, 'instances'))).toEqual([]);
    }));
});

describe('strangers', () => {
  const records = ['spawned.json', 'agent.json'];

  async function forge(fixture: ProcessFixture, instance: string, agent: ProcessIdentity, bootId: string) {
    await leaveUnstarted(fixture, instance);
    for (const file of records) {
      const record = { v: 1, instance, session: 'session', bootId, agent };
      await writeFile(fixture.path(instance, file), JSON.stringify(record));
    }
  }

  test('a pid that was given to another process is not taken for the agent, nor touched', () =>
    withFixture(async (fixture) => {
      using stranger = startStranger();
      const instance = newUid();
      const { pid, startTicks } = stranger.identity;
      await forge(fixture, instance, { pid, startTicks: startTicks - 1 }, readBootId());
      const provider = await fixture.reopen();
      expect(await find(provider, instance)).toMatchObject({ state: 'gone' });
      await provider.stop(instance, 0);
      await provider.remove(instance);
      expect(isRunning(stranger.identity)).toBe(true);
    }));

  test('a process of the right pid and start time that is no agent of this instance is not adopted', () =>
    withFixture(async (fixture) => {
      using stranger = startStranger();
      const instance = newUid();
      await forge(fixture, instance, stranger.identity, readBootId());
      const provider = await fixture.reopen();
      expect(await find(provider, instance)).toMatchObject({ state: 'gone' });
      await provider.remove(instance);
      expect(isRunning(stranger.identity)).toBe(true);
    }));

  test('records of another boot are nobody, whatever runs under their pids now', () =>
    withFixture(async (fixture) => {
      using stranger = startStranger();
      const instance = newUid();
      await forge(fixture, instance, stranger.identity, '00000000-0000-0000-0000-000000000000');
      const provider = await fixture.reopen();
      expect(await find(provider, instance)).toMatchObject({
        state: 'gone',
        detail: expect.stringContaining('machine was started again'),
      });
      await provider.remove(instance);
      expect(isRunning(stranger.identity)).toBe(true);
    }));

  test('a record that names the control plane itself does not end it', () =>
    withFixture(async (fixture) => {
      const instance = newUid();
      await forge(fixture, instance, identityOf(process.pid), readBootId());
      await fixture.provider.remove(instance);
      expect(await find(fixture.provider, instance)).toBeUndefined();
    }));

  test('damaged records are as good as none', () =>
    withFixture(async (fixture) => {
      const instance = newUid();
      await leaveUnstarted(fixture, instance);
      await writeFile(fixture.path(instance, 'spawned.json'), '{"v":1,');
      await writeFile(fixture.path(instance, 'agent.json'), JSON.stringify({ agent: { pid: -1 } }));
      const provider = await fixture.reopen();
      expect(await find(provider, instance)).toMatchObject({ state: 'gone' });
    }));

  test('a name that is no id never becomes a path', () =>
    withFixture(async (fixture) => {
      await expect(fixture.provider.remove('../instances')).rejects.toMatchObject({ code: 'INSTANCE_ID_INVALID' });
      await expect(fixture.provider.tail('..', 5)).rejects.toMatchObject({ code: 'INSTANCE_ID_INVALID' });
      expect(existsSync(join(fixture.directory, 'instances'))).toBe(true);
    }));
});

describe('what the operator got wrong', () => {
  async function opening(changes: (fixture: ProcessFixture) => Partial<ProcessProviderOptions>): Promise<unknown> {
    let caught: unknown;
    await withFixture(async (fixture) => {
      await createProcessProvider(await fixture.options(changes(fixture))).catch((error: unknown) => {
        caught = error;
      });
    });
    return caught;
  }

  test('a missing agent program is named', async () => {
    expect(await opening(() => ({ agentProgram: '/no/such/agent.mjs' }))).toMatchObject({
      code: 'AGENT_MISSING',
      message: expect.stringContaining('/no/such/agent.mjs'),
    });
  });

  test('a data folder that is a file, or below one, is named', async () => {
    expect(await opening(({ directory }) => ({ dataDirectory: join(directory, 'agent.mjs') }))).toMatchObject({
      code: 'DATA_FOLDER_NOT_WRITABLE',
      message: expect.stringContaining('agent.mjs'),
    });
  });

  test('a Node program that cannot be run is named, and the instance can be asked for again', () =>
    withFixture(async (fixture) => {
      const program = join(fixture.directory, 'no-program');
      await writeFile(program, 'text');
      chmodSync(program, 0o644);
      const instance = newUid();
      const provider = await fixture.reopen({ nodeProgram: program });
      await expect(provider.create(fixture.request(instance))).rejects.toMatchObject({
        code: 'INSTANCE_NOT_STARTED',
        message: expect.stringContaining(program),
      });
      const repaired = await fixture.reopen();
      expect(await repaired.create(fixture.request(instance))).toMatchObject({ state: 'starting' });
    }));
});

test('a replaced token is the whole file, for this user alone, and what a crash left half written is not read', async () => {
  await withFixture(async (fixture) => {
    const instance = await running(fixture);
    const file = fixture.path(instance, 'token');
    await writeFile(`${file}.0011223344556677`, 'half', { mode: 0o600 });
    await fixture.provider.replaceToken(instance, 'another');
    expect([readFileSync(file, 'utf8'), (await stat(file)).mode & 0o777]).toEqual(['another', 0o600]);
    await rm(file);
    await mkdir(file);
    await expect(fixture.provider.replaceToken(instance, 'third')).rejects.toThrow();
    expect((await readdir(fixture.path(instance))).filter((name) => name.startsWith('token.'))).toEqual([
      'token.0011223344556677',
    ]);
  });
});
