/** All service clusters behind the balancer, by alias, as the agent's topologies describe them. */
import { createHash } from 'node:crypto';
import type { TargetDemand } from '../../../../schema/mqtt/demand.ts';
import type { TopologyDocument } from '../../../../schema/mqtt/topology.ts';
import type { Ejection } from './members.ts';
import type { NamedLimiter } from '../limiting/admit.ts';
import type { Limiter } from '../limiting/limiter.ts';
import { limiterFor, RouteLimiters } from '../limiting/route-limiters.ts';
import { RouteTable, type RouteMatch } from './routes.ts';
import { Target, type TargetOptions } from './target.ts';

/** Counts of an alias that was removed are reported for this long after its last request. */
const REPORT_AFTER_REMOVAL_SECONDS = 10;

export interface Match extends RouteMatch {
  readonly target: Target;
  /** Name of its affinity cookie. */
  readonly cookie: string;
  /** What the request has to keep to, the widest first. */
  readonly limiters: readonly NamedLimiter[];
}

export interface AppliedTopology {
  readonly uid: string;
  readonly epoch: number;
  readonly generation: number;
}

interface Routed {
  readonly target: Target;
  readonly document: TopologyDocument;
  readonly cookie: string;
  readonly limiters: RouteLimiters;
}

export interface TargetsOptions extends Omit<TargetOptions, 'onEjection'> {
  readonly onEjection: (alias: string, ejection: Ejection) => void;
}

export class Targets {
  readonly #options: TargetsOptions;
  readonly #routed = new Map<string, Routed>();
  readonly #removed = new Map<string, { readonly target: Target; idleSince: number | undefined }>();
  #routes = new RouteTable([]);
  #application: Limiter | undefined;

  constructor(options: TargetsOptions) {
    this.#options = options;
  }

  /**
   * Takes the document over; once it returns every new request goes by it. A document older than the one in force is passed
   * over (an agent that was restarted begins with what it kept). Returns what is in force now.
   */
  apply(alias: string, document: TopologyDocument): AppliedTopology {
    const present = this.#routed.get(alias);
    if (present && isOlder(document, present.document)) return present.document;
    const target = present?.target ?? this.#removed.get(alias)?.target ?? this.#make(alias);
    this.#removed.delete(alias);
    const limiters = present?.limiters ?? new RouteLimiters();
    limiters.apply(document.routes, this.#options.clock());
    // One that is on its way out has no routes any more, and may hold the limits of before.
    if (document.routes.length > 0)
      this.#application = limiterFor(document.limits, this.#application, this.#options.clock());
    this.#routed.set(alias, { target, document, limiters, cookie: cookieName(document.uid) });
    this.#reroute();
    target.apply(document);
    return document;
  }

  /** Forgets the alias's routes and members. Its requests in flight go on, those that wait are shed. */
  remove(alias: string): void {
    const routed = this.#routed.get(alias);
    if (!routed) return;
    this.#routed.delete(alias);
    this.#removed.set(alias, { target: routed.target, idleSince: undefined });
    this.#reroute();
    void routed.target.close('route-removed');
  }

  /** Forgets every alias that is not among these. */
  retain(aliases: readonly string[]): void {
    for (const alias of [...this.#routed.keys()]) if (!aliases.includes(alias)) this.remove(alias);
  }

  find(host: string, path: string): Match | undefined {
    const match = this.#routes.find(host, path);
    const routed = match && this.#routed.get(match.alias);
    if (!match || !routed) return undefined;
    const { alias, route } = match;
    const { target, cookie, limiters } = routed;
    return { alias, route, target, cookie, limiters: limiters.of(route, this.#application) };
  }

  report(): Record<string, TargetDemand> {
    const now = this.#options.clock();
    const report: Record<string, TargetDemand> = {};
    for (const [alias, removed] of this.#removed) {
      removed.idleSince = removed.target.isIdle ? (removed.idleSince ?? now) : undefined;
      if (removed.idleSince !== undefined && now - removed.idleSince >= REPORT_AFTER_REMOVAL_SECONDS)
        this.#removed.delete(alias);
      else report[alias] = removed.target.report();
    }
    for (const [alias, { target }] of this.#routed) report[alias] = target.report();
    return report;
  }

  /** Sheds what waits; resolves when nothing is in flight any more and all connections are closed. */
  async close(): Promise<void> {
    const targets = [...this.#routed.values(), ...this.#removed.values()].map(({ target }) => target);
    await Promise.all(targets.map((target) => target.close('route-removed')));
  }

  #make(alias: string): Target {
    return new Target({ ...this.#options, onEjection: (ejection) => this.#options.onEjection(alias, ejection) });
  }

  #reroute(): void {
    this.#routes = new RouteTable([...this.#routed].map(([alias, { document }]) => [alias, document.routes] as const));
  }
}

/**
 * The cookie's name: another one for each service cluster, since applications on the same host share their cookies whatever
 * their ports.
 */
function cookieName(clusterUid: string): string {
  return `cw-${createHash('sha256').update(clusterUid).digest('hex').slice(0, 10)}`;
}

function isOlder(document: AppliedTopology, present: AppliedTopology): boolean {
  if (document.uid !== present.uid) return false;
  if (document.epoch !== present.epoch) return document.epoch < present.epoch;
  return document.generation < present.generation;
}
