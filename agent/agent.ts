/** Puts the parts of the agent together and passes on what they say to each other. */
import type { ChildProcess } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { InstanceDocument } from '../schema/agent/instance.ts';
import type { ReleaseDocument } from '../schema/agent/release-document.ts';
import { READINESS_PORT } from '../schema/agent/readiness.ts';
import type { BrokerProblem } from '../schema/mqtt/broker-problem.ts';
import { parseCommand, type Command } from '../schema/mqtt/command.ts';
import { parseDesired, type DesiredDocument } from '../schema/mqtt/desired.ts';
import { applicationTopologyFilter, clusterTopic, instanceTopic, parseTopic } from '../schema/mqtt/topics.ts';
import { aloneDesired } from './alone/alone.ts';
import { Delivery } from './artifacts/delivery.ts';
import type { Nearby } from './artifacts/nearby.ts';
import { ReleaseStore } from './artifacts/releases.ts';
import { readToken, type AgentConfiguration } from './config/instance.ts';
import { reachable, reachOf, type Reach } from './config/reach.ts';
import { TokenWatch } from './config/token-watch.ts';
import { Background } from './lifecycle/background.ts';
import { Controller } from './lifecycle/controller.ts';
import { explainOutOfMemory } from './lifecycle/explain.ts';
import { Hooks } from './lifecycle/hooks.ts';
import { launchOf } from './lifecycle/launch.ts';
import type { ProcessGroup } from './lifecycle/process-group.ts';
import { endEarlierRun, RecordKeeper } from './lifecycle/record.ts';
import { Shutdown } from './lifecycle/signals.ts';
import { Supervisor, type SupervisorOptions } from './lifecycle/supervisor.ts';
import { isControlPlaneAway } from './local/control-plane-away.ts';
import { LoadBalancer } from './local/load-balancer.ts';
import { Readiness } from './local/readiness.ts';
import { releaseSocketPath, socketPath } from './local/socket-path.ts';
import type { AgentLine, AgentLog } from './logs/agent-log.ts';
import { InstanceLogs } from './logs/instance-logs.ts';
import { Commands } from './messaging/commands.ts';
import { runInventory } from './messaging/inventory-child.ts';
import { Metadata } from './metadata/metadata.ts';
import { Outbox } from './messaging/outbox.ts';
import { Reports } from './messaging/reports.ts';
import { Session, type SessionOptions } from './messaging/session.ts';
import { StatusReports } from './messaging/status.ts';
import { readIfPresent, writeAtomically } from './storage/atomic-file.ts';
import { createLayout, layoutOf } from './storage/layout.ts';
import { MemoryGroup } from './telemetry/memory-group.ts';
import { OwnGroup } from './telemetry/own-group.ts';
import { Sampler } from './telemetry/sampler.ts';

/** By then a probe each second was not answered, and the nodes have heard of it. */
const UNROUTED_MILLISECONDS = 3000;

export interface AgentOptions {
  readonly configuration: AgentConfiguration;
  readonly log: AgentLog;
  /** Search path that applications get. */
  readonly path: string;
  /** The inventory program; absent: no inventory. */
  readonly inventoryProgram: URL | undefined;
  /** Everything has ended and was said; the process can exit. */
  readonly onTerminated: () => void;
  /** What need not be fetched from the control plane; nothing if absent. */
  readonly nearby?: Nearby;
  /** Nobody has said yet which instance this is: what to run by until {@link Agent.become}. */
  readonly alone?: ReleaseDocument;
  /** A broker does not accept the instance's token. */
  readonly onTokenRefused?: () => void;
  /** Resolves when no other token is being asked for, after some seconds in any case. */
  readonly tokenSettled?: () => Promise<void>;
}

export class Agent {
  readonly #options: AgentOptions;
  readonly #layout;
  /** What is run here: as the provider, the control plane or a release document says. */
  #document: InstanceDocument;
  readonly #statuses: StatusReports;
  readonly #session: Session;
  readonly #outbox: Outbox;
  readonly #reports: Reports;
  readonly #logs: InstanceLogs;
  readonly #hooks: Hooks;
  readonly #supervisor: Supervisor;
  readonly #controller: Controller;
  readonly #delivery: Delivery;
  readonly #commands: Commands;
  readonly #metadata: Metadata;
  readonly #sampler: Sampler;
  readonly #record: RecordKeeper;
  readonly #shutdown: Shutdown;
  readonly #tokenWatch: TokenWatch;
  #reach: Reach;
  /** Until it is known which instance this is. */
  #isAlone: boolean;
  #isStarted = false;
  #loadBalancer: LoadBalancer | undefined;
  /** Where it is Kubernetes that asks. */
  readonly #readiness: Readiness | undefined;
  #inventoryChild: ChildProcess | undefined;
  #hasInventory = false;
  /** Code of the problem that lies in `connection.json`; null before it is known what an earlier run left there. */
  #toldProblem: string | null | undefined = null;
  /** What the document on the disk asks. */
  #kept: string | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions) {
    this.#options = options;
    const { document, directory, settings } = options.configuration;
    const { instance, cartridge } = document;
    this.#layout = layoutOf(directory);
    this.#document = document;
    this.#isAlone = options.alone !== undefined;
    this.#statuses = new StatusReports(document);
    this.#reach = reachOf(document);
    const { session } = this.#statuses;
    const token = () => readToken(document.tokenFile);
    const held = this.#isAlone ? undefined : token();
    this.#logs = new InstanceLogs({ layout: this.#layout, settings, token: held, log: options.log });
    this.#hooks = new Hooks({
      output: this.#logs.output,
      state: () => this.#controller.lifecycle.state,
      onRemark: (hook, message) => this.#hookFailed(hook, message),
    });
    const hooks = this.#hooks;
    const store = new ReleaseStore(this.#layout, cartridge.spec.build.maximumBytes, { token }, options.nearby);
    this.#record = new RecordKeeper(this.#layout.processRecord, instance, session);
    this.#supervisor = new Supervisor({
      hooks,
      output: this.#logs.output,
      onEvent: (launch, event) => this.#controller.observe(launch, event),
      onGroup: (group) => this.#keepRecord(group),
      ...this.#memoryOf(document),
    });
    const background = new Background();
    this.#controller = new Controller({
      store,
      hooks,
      supervisor: this.#supervisor,
      background,
      launch: (prepared) => {
        const launch = launchOf(prepared, {
          document: this.#document,
          home: this.#layout.home,
          metadata: this.#layout.metadata,
          path: options.path,
          socket: this.#loadBalancer?.socketPath,
        });
        this.#logs.follow(prepared, launch.environment);
        return launch;
      },
      beforeFirst: (signal) => this.#metadata.settled(signal),
      noticeMilliseconds: settings.switchNoticeSeconds * 1000,
      graceMilliseconds: cartridge.spec.drainSeconds * 1000,
      unroutedMilliseconds:
        document.provider === 'kubernetes' && cartridge.spec.category === 'load-balancer' ? UNROUTED_MILLISECONDS : 0,
      onChange: () => this.#publishStatus(),
      onOutcome: (release, error) =>
        this.#delivery.observed(release, error ? { ready: false, reason: error } : { ready: true }),
      onDrain: () => this.#loadBalancer?.drain(),
    });
    this.#metadata = new Metadata({
      path: this.#layout.metadata,
      token,
      log: options.log,
      onChange: () => void this.#controller.metadataChanged(),
    });
    this.#session = new Session({
      ...sessionOf(document),
      token,
      authorities: () => authoritiesOf(document),
      onProblem: (problem) => this.#connectionProblem(problem),
      onRefused: () => options.onTokenRefused?.(),
      tokenSettled: async () => options.tokenSettled?.(),
      will: this.#statuses.will,
      log: options.log,
      onConnected: () => this.#connected(),
      onMessage: (topic, payload) => this.#receive(topic, payload),
    });
    this.#reports = new Reports({ session, publisher: this.#session, logs: this.#logs, log: options.log });
    this.#outbox = new Outbox(this.#session, options.log);
    this.#delivery = new Delivery({
      instance: () => this.#document.instance,
      session,
      store,
      runner: this.#controller,
      publish: (report) => this.#attempt(this.#outbox.artifact(report)),
      log: options.log,
      background,
    });
    this.#commands = new Commands(
      session,
      (command) => this.#execute(command),
      (ack) => this.#outbox.ack(ack),
    );
    this.#sampler = new Sampler({
      provider: document.provider,
      resources: cartridge.spec.resources,
      processes: () => this.#supervisor.processes,
      onSample: (sample) => this.#reports.sampled(sample),
      onExcess: (tree, excess) => this.#supervisor.fail(tree, explainOutOfMemory(excess)),
      onError: (error) => options.log('error', 'no sample', { error: error.message }),
    });
    this.#tokenWatch = new TokenWatch(document.tokenFile, (present) => {
      this.#logs.maskToken(present);
      this.#session.useToken(present);
    });
    if (document.provider === 'kubernetes')
      this.#readiness = new Readiness({
        port: READINESS_PORT,
        state: () => this.#controller.lifecycle.state,
        log: options.log,
      });
    this.#shutdown = new Shutdown(this.#controller, cartridge.spec.drainSeconds, () => void this.#terminate());
  }

  /**
   * Ends what an earlier run left, then begins: with the last desired document from disk, whether or not a broker answers.
   * Rejects with a `ConfigurationError` when another agent already runs this instance.
   */
  async start(): Promise<void> {
    const { document } = this.#options.configuration;
    const { alone } = this.#options;
    createLayout(this.#layout);
    const killed = await endEarlierRun(this.#layout.processRecord, document.instance);
    if (killed > 0) this.#options.log('warn', 'ended processes of an earlier run', { processes: killed });
    await this.#record.write();
    await this.#readiness?.open();
    await this.#metadata.open(alone?.metadata);
    await this.#logs.resume();
    if (document.cartridge.spec.category === 'load-balancer') this.#loadBalancer = await this.#openLoadBalancer();
    if (alone?.balancing !== undefined) await this.#loadBalancer?.begin(alone.balancing, alone.certificates);
    this.#isStarted = true;
    if (!this.#isAlone) this.#session.start();
    this.#sampler.start();
    this.#tokenWatch.start();
    this.#reports.start();
    const kept = readIfPresent(this.#layout.desired);
    if (kept !== undefined) this.#desired(Buffer.from(kept), 'disk');
    if (alone !== undefined) this.#take(aloneDesired(alone), 'release document');
  }

  /** It is known which instance this is, and with it where its brokers are. What runs is not touched. */
  become(document: InstanceDocument): void {
    const { cartridge, ports } = this.#document;
    // Those that the pod was begun with, whatever has become of the cartridge.
    this.#document = { ...document, cartridge, ports };
    this.#isAlone = false;
    this.#reach = reachOf(document);
    this.#logs.maskToken(readToken(document.tokenFile));
    this.#statuses.become(this.#document);
    this.#session.become(sessionOf(this.#document));
    if (this.#isStarted) this.#session.start();
  }

  #memoryOf({ memoryGroup, provider, cartridge }: InstanceDocument): Pick<SupervisorOptions, 'memory'> {
    if (provider === 'kubernetes') {
      const group = OwnGroup.ofThisProcess();
      if (group?.limitBytes !== undefined) return { memory: { group, limitBytes: group.limitBytes } };
    }
    if (memoryGroup === undefined) return {};
    const { log } = this.#options;
    const group = new MemoryGroup(memoryGroup, (error) =>
      log('error', 'the application is not in its control group', { error: error.message }),
    );
    return { memory: { group, limitBytes: cartridge.spec.resources.memoryBytes } };
  }

  /** A line of the agent's own, for the log of its application. */
  say(line: AgentLine): void {
    this.#logs.say(line);
  }

  signal(name: 'SIGTERM' | 'SIGINT'): void {
    this.#options.log('info', 'signal', { signal: name });
    this.#shutdown.signal(name);
  }

  /** A full disk must not end an application that serves; its processes are found by their mark, too. */
  async #keepRecord(group: ProcessGroup | undefined): Promise<void> {
    try {
      await this.#record.write(group && { pid: group.pid, startTicks: group.startTicks });
    } catch (error) {
      this.#options.log('error', 'agent.json not written', { error: (error as Error).message });
    }
  }

  #openLoadBalancer(): Promise<LoadBalancer> {
    return LoadBalancer.open({
      socketPath: socketPath(this.#layout.directory),
      topologiesPath: this.#layout.topologies,
      certificatesPath: this.#layout.certificates,
      token: () => readToken(this.#options.configuration.document.tokenFile),
      alias: this.#document.alias,
      session: this.#statuses.session,
      log: this.#options.log,
      reach: (url) => this.#reach(url),
      search: {
        places: () => this.#options.nearby?.balancing(),
        isConnected: () => this.#session.isConnected,
        isAlone: () => this.#isAlone,
        isUntold: () => isControlPlaneAway(this.#document.controlPlane, readToken(this.#document.tokenFile)),
      },
      acknowledge: (ack) => this.#outbox.ack(ack),
      report: (demand) => this.#reports.demand(demand),
    });
  }

  /** Left where the provider finds it: who cannot connect can tell nobody else. */
  #connectionProblem(problem: BrokerProblem | null): void {
    if (problem?.code === this.#toldProblem) return;
    this.#toldProblem = problem?.code;
    const path = this.#layout.connectionProblem;
    this.#saving = this.#saving
      .then(() =>
        problem === null ? rm(path, { force: true }) : writeAtomically(path, JSON.stringify({ v: 1, ...problem })),
      )
      .catch((error: Error) => this.#options.log('error', 'connection.json not kept', { error: error.message }));
  }

  async #closeLoadBalancer(loadBalancer: LoadBalancer): Promise<void> {
    await loadBalancer.close();
    releaseSocketPath(loadBalancer.socketPath, this.#layout.directory);
  }

  #connected(): void {
    this.#publishStatus();
    this.#outbox.resend();
    this.#loadBalancer?.acknowledgeAll();
    this.#takeInventory();
  }

  #publishStatus(): void {
    this.#attempt(this.#outbox.status(this.#statuses.next(this.#controller.lifecycle, this.#supervisor.restarts)));
  }

  #hookFailed(hook: string, message: string): void {
    this.#statuses.setHookFailure(hook, message);
    this.#publishStatus();
  }

  /** What could not be published now is published at the next connect, by those who own it. */
  #attempt(publishing: Promise<void>): void {
    publishing.catch((error: Error) => this.#options.log('debug', 'not published', { error: error.message }));
  }

  #takeInventory(): void {
    const { inventoryProgram, configuration, path, log } = this.#options;
    if (!inventoryProgram || !configuration.settings.inventory || this.#hasInventory) return;
    this.#hasInventory = true;
    const run = runInventory(fileURLToPath(inventoryProgram), { PATH: path, LANG: 'C.UTF-8' });
    this.#inventoryChild = run.child;
    run.result.then(
      (inventory) => {
        this.#statuses.setInventory(inventory);
        this.#publishStatus();
      },
      (error: Error) => log('warn', 'no inventory', { error: error.message }),
    );
  }

  #receive(topic: string, payload: Buffer): void {
    const parsed = parseTopic(topic);
    if (!parsed) return this.#options.log('warn', 'message on an unknown topic', { topic: topic.slice(0, 200) });
    switch (parsed.leaf) {
      case 'desired':
        if (payload.length > 0) this.#desired(payload, 'broker');
        return;
      case 'topology':
        return this.#loadBalancer?.receive(parsed.key.alias, payload);
      case 'command':
        return this.#command(payload);
      default:
        return this.#options.log('warn', 'message on a topic that is not read here', { topic });
    }
  }

  #desired(payload: Buffer, from: 'broker' | 'disk'): void {
    const parsed = parseDesired(payload);
    const { log } = this.#options;
    if (!parsed.ok)
      return log('warn', 'desired document not understood', { from, problem: parsed.problem, detail: parsed.detail });
    if (!this.#take(reachable(parsed.value, this.#reach), from)) return;
    if (from === 'broker') this.#keep(parsed.value, payload);
  }

  /** Whether it was taken. */
  #take(document: DesiredDocument, from: 'broker' | 'disk' | 'release document'): boolean {
    if (document.uid !== this.#document.cluster) {
      this.#options.log('warn', 'desired document of another service cluster', { from, uid: document.uid });
      return false;
    }
    if (this.#controller.isDraining || !this.#delivery.isNews(document)) return false;
    // Before the release: its first start waits for what is on its way.
    this.#metadata.offer(document.metadata);
    this.#delivery.offer(document);
    this.#reports.setInterval(document.reportIntervalSeconds);
    return true;
  }

  /** On the disk, for a start without a broker; a document that asks the same of this instance as the kept one is as good. */
  #keep(document: DesiredDocument, payload: Buffer): void {
    const { metadata, reportIntervalSeconds } = document;
    const asked = JSON.stringify([this.#delivery.concern(document), metadata, reportIntervalSeconds]);
    if (asked === this.#kept) return;
    this.#kept = asked;
    this.#saving = this.#saving
      .then(() => writeAtomically(this.#layout.desired, payload.toString('utf8')))
      .catch((error: Error) => {
        this.#kept = undefined;
        this.#options.log('error', 'desired document not kept', { error: error.message });
      });
  }

  #command(payload: Buffer): void {
    const parsed = parseCommand(payload);
    if (parsed.ok) this.#commands.receive(parsed.value, performance.now());
    else this.#options.log('warn', 'command not understood', { problem: parsed.problem, detail: parsed.detail });
  }

  async #execute(command: Command): Promise<void> {
    this.#options.log('info', 'command', { kind: command.kind, id: command.id });
    switch (command.kind) {
      case 'drain':
        return this.#controller.drain(command.deadlineMilliseconds);
      case 'restart':
        return this.#controller.restart();
      case 'report-interval':
        return this.#reports.setInterval(command.seconds);
    }
  }

  async #terminate(): Promise<void> {
    await this.#logs.finish();
    while (this.#reports.flushLogs());
    await this.close();
    this.#options.onTerminated();
  }

  /** Kills the application and closes everything. Idempotent. */
  async close(): Promise<void> {
    this.#reports.close();
    this.#sampler.close();
    this.#tokenWatch.close();
    this.#inventoryChild?.kill('SIGKILL');
    await Promise.all([this.#hooks.close(), this.#supervisor.stop(0)]);
    await Promise.all([this.#delivery.close(), this.#metadata.close()]);
    await this.#session.close();
    if (this.#loadBalancer) await this.#closeLoadBalancer(this.#loadBalancer);
    await this.#logs.close();
    await this.#readiness?.close();
    await this.#saving;
  }
}

/** Where its brokers are, under which name it is known to them, and what it listens to. */
function sessionOf(document: InstanceDocument): Pick<SessionOptions, 'brokers' | 'key' | 'subscriptions'> {
  const { tenant, application, alias, instance, brokers, cartridge } = document;
  const key = { tenant, application, alias, instance };
  const topologies = cartridge.spec.category === 'load-balancer' ? [applicationTopologyFilter(key)] : [];
  return {
    ...{ brokers, key },
    subscriptions: [clusterTopic(key, 'desired'), instanceTopic(key, 'command'), ...topologies],
  };
}

function authoritiesOf({ brokerCaFile }: InstanceDocument): string | undefined {
  return brokerCaFile === undefined ? undefined : readIfPresent(brokerCaFile);
}
