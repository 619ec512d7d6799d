/** One instance as the balancer sees it: its address, its connections, what is in flight there and whether it is trusted. */
import { randomBytes } from 'node:crypto';
import type { Pool } from 'undici';
import type { TopologyMember } from '../../../../schema/mqtt/topology.ts';
import type { Candidate } from './choose.ts';
import { answeredWell, ejected, suspected, TRUSTED, type EjectionCause, type Trust } from './ejection.ts';
import { Outcomes } from './outlier.ts';

export type OpenPool = (host: string, port: number) => Pool;

export class Member implements Candidate {
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  readonly pool: Pool;
  /** What an affinity cookie holds for it. */
  token: string;
  readonly outcomes = new Outcomes();
  weight: number;
  state: 'active' | 'draining';
  inFlight = 0;
  credit = 0;
  joinedAt: number;
  slowStartSeconds = 0;
  startCredit = 0;
  #trust: Trust = TRUSTED;
  #closed: Promise<void> | undefined;

  constructor(document: TopologyMember, openPool: OpenPool, now: number) {
    this.instance = document.instance;
    this.host = document.host;
    this.port = document.port;
    this.weight = document.weight;
    this.state = document.state;
    this.pool = openPool(document.host, document.port);
    this.token = document.affinity ?? randomBytes(18).toString('base64url');
    this.joinedAt = now;
  }

  get trust(): Trust {
    return this.#trust;
  }

  isAt(document: TopologyMember): boolean {
    return this.host === document.host && this.port === document.port;
  }

  /** One that served nothing for a while, and is active again, was most likely started again. */
  update(document: TopologyMember, now: number): void {
    if (this.state === 'draining' && document.state === 'active') this.joinedAt = now;
    this.weight = document.weight;
    this.state = document.state;
    this.token = document.affinity ?? this.token;
  }

  /** Seconds until its probation; `undefined`: it was out already. */
  eject(cause: EjectionCause, now: number): number | undefined {
    const before = this.#trust;
    this.#trust = ejected(before, cause, now);
    if (this.#trust === before || this.#trust.kind !== 'ejected') return undefined;
    this.outcomes.forget();
    return this.#trust.until - now;
  }

  answeredWell(now: number): void {
    const before = this.#trust;
    this.#trust = answeredWell(before, now);
    if (before.kind === 'ejected' && this.#trust !== before) this.joinedAt = now;
  }

  /** It broke a connection off. */
  suspect(now: number): void {
    this.#trust = suspected(this.#trust, now);
  }

  /** Takes no new request; resolves once those in flight have ended and the connections are closed. */
  close(): Promise<void> {
    return (this.#closed ??= this.pool.close());
  }
}
