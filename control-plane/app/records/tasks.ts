/** What is stored of one-off tasks. Plain records; times are milliseconds since the epoch. */

/** A command that ran, or runs, once in a copy of a release. */
export interface TaskRecord {
  readonly uid: string;
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  /** Uid of the service cluster. */
  readonly cluster: string;
  /** Uid of the release that it runs in. */
  readonly release: string;
  /** `run`: somebody's command. `release`: the cartridge's hook of this name, before the release gets traffic. */
  readonly kind: 'run' | 'release';
  /** Empty for a hook. */
  readonly command: readonly string[];
  /** `lost`: it has ended, and how far it came is not known. */
  readonly state: 'starting' | 'running' | 'succeeded' | 'failed' | 'stopped' | 'lost';
  readonly timeoutSeconds: number;
  readonly createdAt: number;
  /** Name of the token that asked for it, or `platform`. */
  readonly createdBy: string;
  readonly finishedAt: number | null;
  /** As a shell would give it: 128 and the signal's number when a signal ended it. Null where there is none. */
  readonly exitCode: number | null;
  /** Why it did not succeed. */
  readonly reason: { readonly code: string; readonly message: string } | null;
  /** The end of what it printed, without secrets. */
  readonly lastLines: readonly string[];
  /** Name of the token that asked it to stop. */
  readonly stoppedBy: string | null;
  readonly tokenHash: string;
}
