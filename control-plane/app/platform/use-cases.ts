/** What can be asked about the platform itself. */
import type { DiskSpace } from '../ports/disk.ts';
import type { Principal } from '../principal.ts';

/** What everybody may know. */
export interface PlatformFacts {
  readonly version: string;
  /** By the control plane's clock, in milliseconds since the epoch. */
  readonly now: number;
}

export interface CheckResult {
  readonly name: string;
  readonly ok: boolean;
  /** What is wrong; null: nothing. */
  readonly detail: string | null;
}

/** A certificate that ends soon, or has ended. */
export interface EndingCertificate {
  /** Of an application's certificate; null: the platform's own. */
  readonly tenant: string | null;
  readonly application: string | null;
  /** Host names, or the subject of an authority. */
  readonly name: string;
  readonly notAfter: number;
}

/** How far the clock of an instance is off. */
export interface SkewedClock {
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  readonly instance: string;
  readonly skewSeconds: number;
}

export interface PlatformHealth {
  /** When this control plane was ready, in milliseconds since the epoch; null: it is not yet. */
  readonly startedAt: number | null;
  readonly checks: readonly CheckResult[];
  readonly broker: {
    readonly kind: 'embedded' | 'outside';
    readonly isConnected: boolean;
    readonly problem: string | null;
  };
  readonly database: { readonly kind: 'sqlite' | 'postgres'; readonly queuedWrites: number };
  readonly lease: { readonly holder: string; readonly fence: number };
  /** That of the data folder; null: the file system could not be asked yet. */
  readonly disk:
    | (Pick<DiskSpace, 'freeBytes' | 'totalBytes'> & { readonly minimumFreeShare: number; readonly isLow: boolean })
    | null;
  /** Since the start: what no log has taken, and what was beyond the limits of tenants. */
  readonly droppedLogLines: number;
  /** The programs of the agents that have told theirs, the most frequent first. */
  readonly agents: readonly { readonly version: string; readonly instances: number }[];
  readonly clocks: { readonly measured: number; readonly widest: SkewedClock | null };
  /** The soonest first. */
  readonly endingCertificates: readonly EndingCertificate[];
}

export interface PlatformQueries {
  platform(principal: Principal): PlatformFacts;
  /** For operators. */
  platformHealth(principal: Principal): Promise<PlatformHealth>;
}
