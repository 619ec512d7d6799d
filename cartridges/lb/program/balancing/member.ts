/** One instance as the balancer sees it: its address, its connections, what is in flight there and whether it is trusted. */
import type { Pool } from 'undici';
import type { TopologyMember } from '../../../../schema/mqtt/topology.ts';
import type { Candidate } from './choose.ts';
import { afterRefusal, TRUSTED, type Trust } from './ejection.ts';

export type OpenPool = (host: string, port: number) => Pool;

export class Member implements Candidate {
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  readonly pool: Pool;
  weight: number;
  state: 'active' | 'draining';
  inFlight = 0;
  credit = 0;
  #trust: Trust = TRUSTED;
  #closed: Promise<void> | undefined;

  constructor(document: TopologyMember, openPool: OpenPool) {
    this.instance = document.instance;
    this.host = document.host;
    this.port = document.port;
    this.weight = document.weight;
    this.state = document.state;
    this.pool = openPool(document.host, document.port);
  }

  get trust(): Trust {
    return this.#trust;
  }

  isAt(document: TopologyMember): boolean {
    return this.host === document.host && this.port === document.port;
  }

  update(document: TopologyMember): void {
    this.weight = document.weight;
    this.state = document.state;
  }

  refused(now: number): void {
    this.#trust = afterRefusal(this.#trust, now);
  }

  answered(): void {
    this.#trust = TRUSTED;
  }

  /** Takes no new request; resolves once those in flight have ended and the connections are closed. */
  close(): Promise<void> {
    return (this.#closed ??= this.pool.close());
  }
}
