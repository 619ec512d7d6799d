/**
 * Looks for the members of a load balancer by the names that services have in the host cluster: while it is apart from its broker, after that for those
 * of which nothing newer has come, and for those with which something is wrong while there is no control plane that could say what. One pass at a
 * time, one name at a time.
 */
import { lookup } from 'node:dns/promises';
import type { Balancing, MembersPlace } from '../../schema/agent/release-document.ts';
import type { DemandReport } from '../../schema/mqtt/demand.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import type { Found } from './found-members.ts';

const PASS_MILLISECONDS = 2000;
/** Of passes: a connection that is renewed, or a broker that is started again, is none to act upon. */
const GRACE_PASSES = 3;
/** A name that is not answered by then is nobody's. */
const LOOKUP_MILLISECONDS = 5000;
/** Of passes: for as long as requests have failed within them. */
const SUSPECT_PASSES = 15;

export interface MemberSearchOptions {
  /** As the release document says it. */
  readonly places: () => Balancing | undefined;
  readonly isConnected: () => boolean;
  /** Nobody has said which instance this is: there is nothing to wait for. */
  readonly isAlone: () => boolean;
  /** Aliases of which what was found still counts. */
  readonly isFound: (alias: string) => boolean;
  readonly onFound: (alias: string, found: Found) => void;
  /** Somebody who is to get requests is not there, by what was found. */
  readonly isMissed: (alias: string, found: Found) => boolean;
  /** No control plane answers. */
  readonly isUntold: () => Promise<boolean>;
  readonly log: AgentLog;
  readonly resolve?: (service: string) => Promise<readonly string[]>;
  readonly passMilliseconds?: number;
}

interface Wanted {
  readonly alias: string;
  readonly members: MembersPlace;
  /** What is found counts only if no control plane says who is there. */
  readonly isSuspect: boolean;
}

export class MemberSearch {
  readonly #options: MemberSearchOptions;
  #timer: NodeJS.Timeout | undefined;
  #apart = 0;
  /** Passes in a row in which no control plane has answered. */
  #untold = 0;
  /** By alias: requests that were not served, as they were counted last, and for how many passes that is looked into. */
  readonly #troubles = new Map<string, { readonly count: number; passes: number }>();
  #places: Balancing | undefined;
  #isClosed = false;

  constructor(options: MemberSearchOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#pass();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** What the balancer has counted: of whom requests fail, it is looked whether they are there. */
  heard(targets: DemandReport['targets']): void {
    for (const [alias, { failures, sheds, ejections = 0 }] of Object.entries(targets)) {
      const count = failures + sheds + ejections;
      const before = this.#troubles.get(alias);
      if (count !== before?.count)
        this.#troubles.set(alias, { count, passes: count > (before?.count ?? 0) ? SUSPECT_PASSES : 0 });
    }
    for (const alias of this.#troubles.keys()) if (!Object.hasOwn(targets, alias)) this.#troubles.delete(alias);
  }

  async #pass(): Promise<void> {
    try {
      await this.#look();
    } catch (error) {
      this.#options.log('error', 'members were not looked for', { error: (error as Error).message });
    }
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#pass(), this.#options.passMilliseconds ?? PASS_MILLISECONDS);
  }

  async #look(): Promise<void> {
    const { places, isConnected, isAlone, isFound, log } = this.#options;
    this.#apart = isConnected() ? 0 : this.#apart + 1;
    const isApart = this.#apart > 0 && (isAlone() || this.#apart > GRACE_PASSES);
    const suspects = this.#suspects();
    this.#places ??= isApart || suspects.size > 0 ? places() : undefined;
    if (this.#places === undefined) return;
    if (this.#apart === GRACE_PASSES + 1) log('warn', 'apart from the broker: members are looked for by name');
    const { hostCluster, targets } = this.#places;
    const wanted = targets.flatMap(({ alias, members }): Wanted[] => {
      const isSuspect = !isApart && !isFound(alias);
      return members === undefined || (isSuspect && !suspects.has(alias)) ? [] : [{ alias, members, isSuspect }];
    });
    await this.#lookFor(wanted, hostCluster);
    // As it is the next time.
    if (!isApart && wanted.length === 0) this.#places = undefined;
  }

  async #lookFor(wanted: readonly Wanted[], hostCluster: string): Promise<void> {
    const { onFound, isMissed, resolve = addressesOf } = this.#options;
    let isUntold: Promise<boolean> | undefined;
    for (const { alias, members, isSuspect } of wanted) {
      if (this.#isClosed) return;
      const hosts = await resolve(members.service).catch(() => []);
      const found = { hostCluster, port: members.port, hosts };
      const isHeeded = !isSuspect || (isMissed(alias, found) && (await (isUntold ??= this.#isUntold())));
      if (isHeeded && !this.#isClosed) onFound(alias, found);
    }
    if (isUntold === undefined) this.#untold = 0;
  }

  #suspects(): ReadonlySet<string> {
    const left = [...this.#troubles].filter(([, trouble]) => trouble.passes > 0);
    for (const [, trouble] of left) trouble.passes -= 1;
    return new Set(left.map(([alias]) => alias));
  }

  /** For longer than a control plane takes that is started again. */
  async #isUntold(): Promise<boolean> {
    this.#untold = (await this.#options.isUntold()) ? this.#untold + 1 : 0;
    if (this.#untold === GRACE_PASSES + 1)
      this.#options.log('warn', 'requests fail and no control plane answers: members are looked for by name');
    return this.#untold > GRACE_PASSES;
  }
}

/** By the machine's own resolver, which knows the pod's namespace. Rejects where there are none, or nobody answers in time. */
async function addressesOf(service: string): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer for ${service}`)), LOOKUP_MILLISECONDS);
  });
  try {
    const found = await Promise.race([lookup(service, { all: true }), late]);
    return found.map(({ address }) => address);
  } finally {
    clearTimeout(timer);
  }
}
