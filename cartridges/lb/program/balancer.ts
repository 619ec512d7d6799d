/** The load balancer as a whole: what the agent says goes into the targets, what they count goes to the agent. */
import { AccessLog } from './access-log.ts';
import { AgentLink } from './agent/link.ts';
import { Targets } from './balancing/targets.ts';
import type { Config } from './config.ts';
import { limited, type Log } from './log.ts';
import { poolOpener } from './proxy/pool.ts';
import { trustIn } from './proxy/arrival.ts';
import { BalancerServer, type ServerRules } from './proxy/server.ts';
import type { TargetDemand } from '../../../schema/mqtt/demand.ts';
import type { AccessLogFormat, LoadBalancerSettings } from '../../../schema/mqtt/load-balancer-settings.ts';
import type { TopologyDocument } from '../../../schema/mqtt/topology.ts';
import type { ToBalancer } from '../../../schema/local/load-balancer.ts';

const REPORT_MILLISECONDS = 1000;
const LEAST_REPORT_MILLISECONDS = 100;

export interface BalancerOptions {
  readonly config: Config;
  readonly log: Log;
  /** Where access lines go, if they are wanted. */
  readonly writeAccess: (line: string) => void;
  /** The agent asked for the end: drain and stop. */
  readonly onDrain: () => void;
  readonly random?: () => number;
}

export class Balancer {
  readonly #options: BalancerOptions;
  readonly #targets: Targets;
  readonly #server: BalancerServer;
  readonly #access: AccessLog;
  readonly #begin = performance.now();
  #link: AgentLink | undefined;
  #soon: NodeJS.Timeout | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #ticker: NodeJS.Timeout | undefined;

  constructor(options: BalancerOptions) {
    const { config, log } = options;
    this.#options = options;
    const clock = (): number => this.uptimeSeconds;
    this.#targets = new Targets({
      clock,
      limits: config.queue,
      openPool: poolOpener(config.upstream),
      onStarving: () => this.#reportSoon(),
      onEjection: (alias, ejection) => log('warn', 'instance ejected', { alias, ...ejection }),
    });
    this.#access = new AccessLog(options.writeAccess, accessFormatOf(config, undefined));
    this.#server = new BalancerServer({
      config,
      clock,
      targets: this.#targets,
      log: limited(log, clock),
      access: this.#access,
      rules: rulesOf(config, undefined),
    });
  }

  /** Seconds since the balancer began, on the monotonic clock: the time in which everything is counted. */
  get uptimeSeconds(): number {
    return (performance.now() - this.#begin) / 1000;
  }

  /** Listens, then connects to the agent; resolves to the port. */
  async start(): Promise<number> {
    const port = await this.#server.listen();
    this.#link = new AgentLink({
      path: this.#options.config.socket,
      program: `lb node ${process.versions.node}`,
      log: limited(this.#options.log, () => this.uptimeSeconds),
      random: this.#options.random ?? Math.random,
      onMessage: (message) => this.#obey(message),
    });
    this.#ticker = setInterval(() => this.#sendReport(), REPORT_MILLISECONDS);
    return port;
  }

  /** Takes no new connection, lets requests in flight end within the configured time, reports once more, ends everything. */
  async close(): Promise<void> {
    await this.#server.drain(this.#options.config.drainSeconds);
    clearInterval(this.#ticker);
    clearTimeout(this.#soon);
    this.#sendReport();
    await Promise.all([this.#link?.close(), this.#targets.close()]);
  }

  #obey(message: ToBalancer): void {
    switch (message.type) {
      case 'topology': {
        const { uid, epoch, generation } = this.#targets.apply(message.alias, message.document);
        this.#follow(message.document);
        this.#link?.send({ type: 'applied', alias: message.alias, uid, epoch, generation });
        return;
      }
      case 'removed':
        this.#targets.remove(message.alias);
        return;
      case 'aliases':
        this.#targets.retain(message.aliases);
        return;
      case 'certificates':
        this.#server.applyCertificates(message.certificates);
        return;
      case 'drain':
        this.#options.onDrain();
        return;
    }
  }

  /** The counts as of now, by alias. */
  report(): Record<string, TargetDemand> {
    return this.#targets.report();
  }

  /** A report out of turn, at most one every {@link LEAST_REPORT_MILLISECONDS}. */
  #reportSoon(): void {
    this.#soon ??= setTimeout(
      () => {
        this.#soon = undefined;
        this.#sendReport();
      },
      Math.max(0, this.#reportedAt + LEAST_REPORT_MILLISECONDS - performance.now()),
    );
  }

  #sendReport(): void {
    this.#reportedAt = performance.now();

    this.#link?.send({ type: 'demand', uptimeSeconds: this.uptimeSeconds, targets: this.report() });
  }

  /** What its own document says of it; only that one has the aliases. */
  #follow({ aliases, loadBalancer }: TopologyDocument): void {
    if (aliases === undefined) return;
    const { config } = this.#options;
    this.#server.applyRules(rulesOf(config, loadBalancer));
    this.#access.change(accessFormatOf(config, loadBalancer));
  }
}

/** The application's word; where it says nothing, that of the environment. */
function rulesOf({ trustForwarded }: Config, settings: LoadBalancerSettings | undefined): ServerRules {
  const { trustedProxies, requestIdsFrom = 'anyone' } = settings ?? {};
  if (trustedProxies !== undefined) return { trust: trustIn(trustedProxies), requestIdsFrom };
  return { trust: { kind: trustForwarded ? 'everybody' : 'nobody' }, requestIdsFrom };
}

function accessFormatOf({ accessLog }: Config, settings: LoadBalancerSettings | undefined): AccessLogFormat {
  return settings?.accessLog ?? accessLog;
}
