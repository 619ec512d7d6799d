/**
 * What stands around an agent in its tests, all of it real: a broker, the HTTP endpoints of a control plane, an instance's
 * directory, and the agent itself in a process of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import type { InstanceDocument, ReleaseConfiguration } from '../../schema/agent/instance.ts';
import type { TaskDocument } from '../../schema/agent/task.ts';
import { newUid } from '../../schema/ids.ts';
import { cartridgeSpec } from '../../schema/manifests/cartridge.ts';
import type { Command } from '../../schema/mqtt/command.ts';
import type { DesiredDocument, DesiredRelease } from '../../schema/mqtt/desired.ts';
import { encode } from '../../schema/mqtt/payload.ts';
import { clusterTopic, instanceTopic, type InstanceKey } from '../../schema/mqtt/topics.ts';
import { freePort } from '../../test/support/free-ports.ts';
import { TestBroker, TOKEN } from './broker.ts';
import { TestEndpoints } from './endpoints.ts';
import type { Received } from './received.ts';

/** The environment of whoever runs the tests must not reach the agents. */
function agentEnvironment(extra: Readonly<Record<string, string>>): Record<string, string> {
  const path = [join(process.execPath, '..'), process.env.PATH ?? ''].join(':');
  return { PATH: path, CARTWRIGHT_AGENT_INVENTORY: 'off', CARTWRIGHT_AGENT_SWITCH_NOTICE_SECONDS: '0', ...extra };
}

class TestAgent {
  readonly child: ChildProcess;
  readonly exited: Promise<number | NodeJS.Signals>;
  stderr = '';

  /** @param ownLog a file that the agent's own log goes to, and not to {@link stderr} */
  constructor(
    configuration: string,
    environment: Readonly<Record<string, string>>,
    program?: string,
    ownLog?: string,
    args: readonly string[] = [],
  ) {
    const main = program ?? join(import.meta.dirname, '../main.ts');
    const log = ownLog === undefined ? undefined : openSync(ownLog, 'a');
    this.child = spawn(process.execPath, ['--no-warnings', main, '--config', configuration, ...args], {
      env: agentEnvironment(environment),
      stdio: ['ignore', 'ignore', log ?? 'pipe'],
    });
    if (log !== undefined) closeSync(log);
    this.child.stderr?.on('data', (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.exited = new Promise((resolve) => this.child.once('exit', (code, signal) => resolve(signal ?? code ?? 0)));
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

interface InstanceOptions {
  /** A file that the agent's own log goes to. */
  readonly ownLog?: string;
  /** Over a plain cartridge with one HTTP port, by its unparsed fields. */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Executables of the cartridge's folder by name. */
  readonly hooks?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** Not an instance but a one-off task. */
  readonly task?: TaskDocument;
}

/** One platform with one instance. */
export class Platform {
  readonly broker: TestBroker;
  readonly endpoints: TestEndpoints;
  readonly root = mkdtempSync(join(tmpdir(), 'agent-test-'));
  readonly directory = join(this.root, 'instance');
  readonly key: InstanceKey = { tenant: 'acme', application: 'shop', alias: 'web', instance: newUid() };
  readonly cluster = newUid();
  readonly agents: TestAgent[] = [];
  readonly #program: string | undefined;
  httpPort = 0;
  #generation = 0;

  /**
   * @param program the agent's main module; its sources if absent
   * @param host the address at which agents find the broker and the endpoints
   */
  constructor(program?: string, host?: string) {
    this.#program = program;
    this.broker = new TestBroker(host);
    this.endpoints = new TestEndpoints(host);
  }

  async start(): Promise<void> {
    await Promise.all([this.broker.start(), this.endpoints.start()]);
    this.httpPort = await freePort();
    mkdirSync(this.directory, { recursive: true });
  }

  get received(): Received {
    return this.broker.received;
  }

  writeInstance({ spec = {}, hooks = {}, task }: InstanceOptions = {}): string {
    const cartridge = join(this.root, 'cartridge');
    mkdirSync(cartridge, { recursive: true });
    for (const [name, text] of Object.entries(hooks)) {
      writeFileSync(join(cartridge, name), text);
      chmodSync(join(cartridge, name), 0o755);
    }
    const tokenFile = join(this.directory, 'token');
    writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
    const document: InstanceDocument = {
      v: 1,
      tenant: this.key.tenant,
      application: this.key.application,
      alias: this.key.alias,
      instance: this.key.instance,
      cluster: this.cluster,
      provider: 'process',
      brokers: [this.broker.url],
      controlPlane: this.endpoints.url,
      tokenFile,
      advertisedHost: '127.0.0.1',
      listenHost: '127.0.0.1',
      ports: [{ name: 'http', protocol: 'http', port: this.httpPort }],
      cartridge: {
        name: 'test',
        directory: cartridge,
        spec: cartridgeSpec.parse({
          version: '1',
          category: 'framework',
          runtimes: ['process'],
          ports: [{ name: 'http', protocol: 'http' }],
          drainSeconds: 5,
          hooks: Object.fromEntries(Object.keys(hooks).map((name) => [name, name])),
          ...spec,
        }),
      },
      ...(task ? { task } : {}),
    };
    const path = join(this.directory, 'instance.json');
    writeFileSync(path, JSON.stringify(document));
    return path;
  }

  /** Removes what {@link writeInstance} wrote. */
  clearInstance(): void {
    for (const name of ['instance.json', 'token']) rmSync(join(this.directory, name), { force: true });
  }

  startAgent(options: InstanceOptions = {}): TestAgent {
    const agent = new TestAgent(this.writeInstance(options), options.environment ?? {}, this.#program, options.ownLog);
    this.agents.push(agent);
    return agent;
  }

  /** Another run of the agent, on what the last one left. */
  startAgentAgain(): TestAgent {
    const agent = new TestAgent(join(this.directory, 'instance.json'), {}, this.#program);
    this.agents.push(agent);
    return agent;
  }

  /** An agent that has to ask which instance it is, as in a pod. */
  startAgentInPod(environment: Readonly<Record<string, string>>, ...options: readonly string[]): TestAgent {
    const path = join(this.directory, 'instance.json');
    const agent = new TestAgent(path, environment, this.#program, undefined, ['--identity', ...options]);
    this.agents.push(agent);
    return agent;
  }

  /** A release of these files, its archive and configuration served. */
  async release(
    name: string,
    files: Readonly<Record<string, string>>,
    configuration: Partial<ReleaseConfiguration> = {},
  ): Promise<DesiredRelease> {
    const tree = mkdtempSync(join(this.root, 'tree-'));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(tree, path, '..'), { recursive: true });
      writeFileSync(join(tree, path), text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
    }
    const archive = join(this.root, `${name}.tgz`);
    await create({ gzip: true, file: archive, cwd: tree, portable: true }, ['.']);
    return this.releaseOf(name, readFileSync(archive), configuration);
  }

  releaseOf(name: string, archive: Buffer, configuration: Partial<ReleaseConfiguration> = {}): DesiredRelease {
    const digest = `sha256-${createHash('sha256').update(archive).digest('hex')}`;
    this.endpoints.archives.set(digest, archive);
    const text = JSON.stringify({ v: 1, release: name, environment: {}, ...configuration });
    this.endpoints.configurations.set(name, text);
    return {
      release: name,
      artifacts: [{ slot: 'app', digest, bytes: archive.length, urls: [`${this.endpoints.url}/archives/${digest}`] }],
      configurationDigest: createHash('sha256').update(text).digest('hex'),
      configurationUrl: `${this.endpoints.url}/configurations/${name}`,
      ...(configuration.secrets ? { secretsUrl: `${this.endpoints.url}/secrets/${name}` } : {}),
    };
  }

  async desire(
    stable: DesiredRelease | undefined,
    candidate?: DesiredRelease & { readonly instances: string[] },
  ): Promise<DesiredDocument> {
    this.#generation += 1;
    const document: DesiredDocument = {
      v: 1,
      uid: this.cluster,
      epoch: 1,
      generation: this.#generation,
      ...(stable ? { stable } : {}),
      ...(candidate ? { candidate } : {}),
      reportIntervalSeconds: 1,
    };
    await this.broker.publish(clusterTopic(this.key, 'desired'), encode(document), true);
    return document;
  }

  /** A document with a version or uid of one's own choice, not retained. */
  async desireAs(
    version: { readonly uid: string; readonly generation: number },
    stable: DesiredRelease,
  ): Promise<void> {
    const document: DesiredDocument = { v: 1, epoch: 1, ...version, stable, reportIntervalSeconds: 1 };
    await this.broker.publish(clusterTopic(this.key, 'desired'), encode(document), false);
  }

  /** @returns the command's id */
  async command(
    command: { kind: 'drain'; deadlineMilliseconds: number } | { kind: 'restart' },
    id = newUid(),
  ): Promise<string> {
    const payload: Command = { v: 1, id, expiresInMilliseconds: 10_000, ...command };
    await this.broker.publish(instanceTopic(this.key, 'command'), encode(payload), false);
    return id;
  }

  /** What the application answers, or the error's code. */
  async get(path = '/'): Promise<string> {
    try {
      const response = await fetch(`http://127.0.0.1:${this.httpPort}${path}`, { headers: { connection: 'close' } });
      return await response.text();
    } catch (error) {
      return String((error as { cause?: { code?: string } }).cause?.code ?? error);
    }
  }

  async stop(): Promise<void> {
    for (const agent of this.agents) {
      agent.signal('SIGINT');
      agent.signal('SIGTERM');
      const late = setTimeout(() => agent.signal('SIGKILL'), 5000);
      await agent.exited;
      clearTimeout(late);
    }
    await Promise.all([this.broker.stop(), this.endpoints.stop()]);
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** An HTTP server that answers with its environment's release, its own pid, or all of its environment. */
export const SERVER = `
import { createServer } from 'node:http';
console.log('release ' + process.env.CARTWRIGHT_RELEASE + ' begins');
const server = createServer((request, response) => {
  if (request.url === '/pid') return response.end(String(process.pid));
  if (request.url === '/environment') return response.end(JSON.stringify(process.env));
  if (request.url === '/cwd') return response.end(process.cwd());
  if (request.url === '/slow') return setTimeout(() => response.end('slow'), 600);
  response.end(process.env.CARTWRIGHT_RELEASE);
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on('SIGTERM', () => { console.log('asked to stop'); server.close(() => process.exit(0)); });
`;

export const START = ['node', 'server.mjs'];
