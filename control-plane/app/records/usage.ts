/** What is stored of what was used: demand history, usage and meters. Plain records; times are milliseconds since the epoch. */
import type { Tier } from '../../domain/history/tiers.ts';
import type { Reading } from '../../domain/metering/reading.ts';
import type { Usage } from '../../domain/metering/usage.ts';

/** A block of a service cluster's demand history; see domain/history. */
export interface HistoryBlockRecord {
  /** {@link historyUid} of the rest, so that blocks of a tier are in order of time. */
  readonly uid: string;
  readonly tenant: string;
  readonly cluster: string;
  readonly tier: Tier['name'];
  /** First second of the block, since the epoch. */
  readonly from: number;
  /** When it is not needed any more, in milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly block: Uint8Array;
}

/** What one service cluster used in one hour. */
export interface UsageRecord {
  /** {@link usageUid} of the rest, so that records are in order of time. */
  readonly uid: string;
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  readonly cluster: string;
  /** Start of the hour, in milliseconds since the epoch. */
  readonly hour: number;
  readonly usage: Usage;
}

/** What the meters of a service cluster stood at when they were last read; stored together with the usage that this made. */
export interface MeterRecord {
  /** Uid of the service cluster. */
  readonly uid: string;
  readonly tenant: string;
  /** Raised with each store, so that one whose answer was lost is not done twice. */
  readonly sequence: number;
  /** Until when instances' time is metered, in milliseconds since the epoch. */
  readonly until: number;
  /** By instance, or by load balancer's instance. */
  readonly readings: Readonly<Record<string, Reading>>;
}
