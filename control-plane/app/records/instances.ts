/** What is stored of instances. Plain records; times are milliseconds since the epoch. */
import type { Placement } from '../../domain/placement/placement.ts';

export type LifecycleState =
  'created' | 'initialized' | 'starting' | 'active' | 'maintenance' | 'ready-to-shutdown' | 'terminated' | 'faulty';

export interface InstanceRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  readonly cluster: string;
  readonly state: LifecycleState;
  readonly unreachable: boolean;
  readonly reason: { readonly code: string; readonly message: string } | null;
  readonly createdAt: number;
  readonly activeAt: number | null;
  readonly terminatedAt: number | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly release: string | null;
  readonly tokenHash: string;
  /** Hash of the token that it had before, which is accepted as well for a time; null: none is. */
  readonly formerTokenHash: string | null;
  /** Until when, in milliseconds since the epoch; null while the instance does not have the new one yet. */
  readonly formerTokenUntil: number | null;
  /** Hash of its very first token, once it has another: what load balancers' cookies are made of stays. */
  readonly firstTokenHash: string | null;
  /** Decision or request that asked for it. */
  readonly cause: string | null;
  /** Where it is, stored before anything is started there; null for one of before placements were stored. */
  readonly placement: Placement | null;
  /** Taken out of the load balancers, to be stopped or to switch its release; null while it serves. */
  readonly draining: { readonly purpose: 'stop' | 'switch'; readonly since: number } | null;
  readonly inventory: Readonly<Record<string, string | number>> | null;
  /** The last hook that failed without stopping anything, and when that was heard; null where none has. */
  readonly hookFailure: HookFailure | null;
}

interface HookFailure {
  readonly hook: string;
  readonly message: string;
  readonly at: number;
}
