/** Puts the parts of the agent together and passes on what they say to each other. */
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseCommand, type Command } from '../schema/mqtt/command.ts';
import { parseDesired } from '../schema/mqtt/desired.ts';
import { applicationTopologyFilter, clusterTopic, instanceTopic, parseTopic } from '../schema/mqtt/topics.ts';
import { Delivery } from './artifacts/delivery.ts';
import { ReleaseStore } from './artifacts/releases.ts';
import { readToken, type AgentConfiguration } from './config/instance.ts';
import { Controller } from './lifecycle/controller.ts';
import { Hooks } from './lifecycle/hooks.ts';
import { launchOf } from './lifecycle/launch.ts';
import type { ProcessGroup } from './lifecycle/process-group.ts';
import { endEarlierRun, RecordKeeper } from './lifecycle/record.ts';
import { Shutdown } from './lifecycle/signals.ts';
import { Supervisor } from './lifecycle/supervisor.ts';
import { LoadBalancer } from './local/load-balancer.ts';
import { releaseSocketPath, socketPath } from './local/socket-path.ts';
import type { AgentLine, AgentLog } from './logs/agent-log.ts';
import { InstanceLogs } from './logs/instance-logs.ts';
import { Commands } from './messaging/commands.ts';
import { runInventory } from './messaging/inventory-child.ts';
import { Outbox } from './messaging/outbox.ts';
import { Reports } from './messaging/reports.ts';
import { Session } from './messaging/session.ts';
import { StatusReports } from './messaging/status.ts';
import { readIfPresent, writeAtomically } from './storage/atomic-file.ts';
import { createLayout, layoutOf } from './storage/layout.ts';
import { Sampler } from './telemetry/sampler.ts';

export interface AgentOptions {
  readonly configuration: AgentConfiguration;
  readonly log: AgentLog;
  /** Search path that applications get. */
  readonly path: string;
  /** The inventory program; absent: no inventory. */
  readonly inventoryProgram: URL | undefined;
  /** Everything has ended and was said; the process can exit. */
  readonly onTerminated: () => void;
}

export class Agent {
  readonly #options: AgentOptions;
  readonly #layout;
  readonly #key;
  readonly #statuses: StatusReports;
  readonly #session: Session;
  readonly #outbox: Outbox;
  readonly #reports: Reports;
  readonly #logs: InstanceLogs;
  readonly #supervisor: Supervisor;
  readonly #controller: Controller;
  readonly #delivery: Delivery;
  readonly #commands: Commands;
  readonly #sampler: Sampler;
  readonly #record: RecordKeeper;
  readonly #shutdown: Shutdown;
  #loadBalancer: LoadBalancer | undefined;
  #inventoryChild: ChildProcess | undefined;
  #hasInventory = false;
  #saving: Promise<void> = Promise.resolve();

  constructor(options: AgentOptions) {
    this.#options = options;
    const { document, directory, settings } = options.configuration;
    const { tenant, application, alias, instance, cartridge } = document;
    this.#layout = layoutOf(directory);
    this.#key = { tenant, application, alias, instance };
    this.#statuses = new StatusReports(document);
    const { session } = this.#statuses;
    const token = () => readToken(document.tokenFile);
    this.#logs = new InstanceLogs({ layout: this.#layout, settings, token: token(), log: options.log });
    const hooks = new Hooks(cartridge.directory, cartridge.spec.hooks, this.#logs.output);
    const store = new ReleaseStore(this.#layout, cartridge.spec.build.maximumBytes, { token });
    this.#record = new RecordKeeper(this.#layout.processRecord, instance, session);
    this.#supervisor = new Supervisor({
      hooks,
      output: this.#logs.output,
      onEvent: (launch, event) => this.#controller.observe(launch, event),
      onGroup: (group) => this.#keepRecord(group),
    });
    this.#controller = new Controller({
      store,
      hooks,
      supervisor: this.#supervisor,
      launch: (prepared) => {
        const launch = launchOf(prepared, {
          document,
          home: this.#layout.home,
          path: options.path,
          socket: this.#loadBalancer?.socketPath,
          startHook: hooks.pathOf('start'),
        });
        this.#logs.follow(prepared, launch.environment);
        return launch;
      },
      noticeMilliseconds: settings.switchNoticeSeconds * 1000,
      graceMilliseconds: cartridge.spec.drainSeconds * 1000,
      onChange: () => this.#publishStatus(),
      onOutcome: (release, error) =>
        this.#delivery.observed(release, error ? { ready: false, reason: error } : { ready: true }),
      onDrain: () => this.#loadBalancer?.drain(),
    });
    this.#session = new Session({
      brokers: document.brokers,
      key: this.#key,
      token,
      will: this.#statuses.will,
      subscriptions: [
        clusterTopic(this.#key, 'desired'),
        instanceTopic(this.#key, 'command'),
        ...(cartridge.spec.category === 'load-balancer' ? [applicationTopologyFilter(this.#key)] : []),
      ],
      log: options.log,
      onConnected: () => this.#connected(),
      onMessage: (topic, payload) => this.#receive(topic, payload),
    });
    this.#reports = new Reports({ session, publisher: this.#session, logs: this.#logs, log: options.log });
    this.#outbox = new Outbox(this.#session, options.log);
    this.#delivery = new Delivery({
      instance,
      session,
      store,
      runner: this.#controller,
      publish: (report) => this.#attempt(this.#outbox.artifact(report)),
      log: options.log,
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
      onError: (error) => options.log('error', 'no sample', { error: error.message }),
    });
    this.#shutdown = new Shutdown(this.#controller, cartridge.spec.drainSeconds, () => void this.#terminate());
  }

  /**
   * Ends what an earlier run left, then begins: with the last desired document from disk, whether or not a broker answers.
   * Rejects with a `ConfigurationError` when another agent already runs this instance.
   */
  async start(): Promise<void> {
    const { document } = this.#options.configuration;
    createLayout(this.#layout);
    const killed = await endEarlierRun(this.#layout.processRecord, document.instance);
    if (killed > 0) this.#options.log('warn', 'ended processes of an earlier run', { processes: killed });
    await this.#record.write();
    await this.#logs.resume();
    if (document.cartridge.spec.category === 'load-balancer') this.#loadBalancer = await this.#openLoadBalancer();
    this.#session.start();
    this.#sampler.start();
    this.#reports.start();
    const kept = readIfPresent(this.#layout.desired);
    if (kept !== undefined) this.#desired(Buffer.from(kept), 'disk');
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
      alias: this.#options.configuration.document.alias,
      session: this.#statuses.session,
      log: this.#options.log,
      acknowledge: (ack) => this.#outbox.ack(ack),
      report: (demand) => this.#reports.demand(demand),
    });
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
    const { log, configuration } = this.#options;
    if (!parsed.ok)
      return log('warn', 'desired document not understood', { from, problem: parsed.problem, detail: parsed.detail });
    const document = parsed.value;
    if (document.uid !== configuration.document.cluster)
      return log('warn', 'desired document of another service cluster', { from, uid: document.uid });
    if (this.#controller.isDraining || !this.#delivery.offer(document)) return;
    this.#reports.setInterval(document.reportIntervalSeconds);
    if (from === 'broker') this.#save(payload);
  }

  #save(payload: Buffer): void {
    this.#saving = this.#saving
      .then(() => writeAtomically(this.#layout.desired, payload.toString('utf8')))
      .catch((error: Error) => this.#options.log('error', 'desired document not kept', { error: error.message }));
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
    this.#inventoryChild?.kill('SIGKILL');
    await this.#supervisor.stop(0);
    await this.#delivery.close();
    await this.#session.close();
    if (this.#loadBalancer) await this.#closeLoadBalancer(this.#loadBalancer);
    await this.#logs.close();
    await this.#saving;
  }
}
