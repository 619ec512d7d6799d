/**
 * Looks for the members of a load balancer by the names that services have in the host cluster: while it is apart from its broker, and after that for those
 * of which nothing newer has come. One pass at a time, one name at a time.
 */
import { lookup } from 'node:dns/promises';
import type { Balancing, MembersPlace } from '../../schema/agent/release-document.ts';
import type { AgentLog } from '../logs/agent-log.ts';
import type { Found } from './found-members.ts';

const PASS_MILLISECONDS = 2000;
/** Of passes: a connection that is renewed, or a broker that is started again, is none to act upon. */
const GRACE_PASSES = 3;
/** A name that is not answered by then is nobody's. */
const LOOKUP_MILLISECONDS = 5000;

export interface MemberSearchOptions {
  /** As the release document says it. */
  readonly places: () => Balancing | undefined;
  readonly isConnected: () => boolean;
  /** Nobody has said which instance this is: there is nothing to wait for. */
  readonly isAlone: () => boolean;
  /** Aliases of which what was found still counts. */
  readonly isFound: (alias: string) => boolean;
  readonly onFound: (alias: string, found: Found) => void;
  readonly log: AgentLog;
  readonly resolve?: (service: string) => Promise<readonly string[]>;
  readonly passMilliseconds?: number;
}

export class MemberSearch {
  readonly #options: MemberSearchOptions;
  #timer: NodeJS.Timeout | undefined;
  #apart = 0;
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
    this.#places ??= isApart ? places() : undefined;
    if (this.#places === undefined) return;
    if (this.#apart === GRACE_PASSES + 1) log('warn', 'apart from the broker: members are looked for by name');
    const { hostCluster, targets } = this.#places;
    let isLeft = isApart;
    for (const { alias, members } of targets) {
      if (this.#isClosed) return;
      if (members === undefined || !(isApart || isFound(alias))) continue;
      isLeft = true;
      await this.#lookFor(alias, members, hostCluster);
    }
    // As it is the next time.
    if (!isLeft) this.#places = undefined;
  }

  async #lookFor(alias: string, { service, port }: MembersPlace, hostCluster: string): Promise<void> {
    const { onFound, resolve = addressesOf } = this.#options;
    const hosts = await resolve(service).catch(() => []);
    if (!this.#isClosed) onFound(alias, { hostCluster, port, hosts });
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
