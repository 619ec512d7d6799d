/** Opens the state and becomes its one holder: on SQLite at once, on PostgreSQL when the lease is free. A part of the composition root. */
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { takeLease, type Lease } from './adapters/database/postgres/lease-holder.ts';
import { readPostgresSettings } from './adapters/database/postgres/settings.ts';
import { openStore, type DatabaseStore } from './adapters/database/store.ts';
import type { WriteHealthChange } from './adapters/database/write-health.ts';
import type { CartwrightError } from './app/errors.ts';
import type { MayAct } from './app/while-holding.ts';
import type { Config } from './config.ts';

interface OpenStateOptions {
  readonly config: Config;
  readonly now: () => number;
  readonly logger: Logger;
  /** The name under which this start is known in the database. */
  readonly holder: string;
  readonly own: <T extends { close(): Promise<unknown> }>(name: string, owned: T) => T;
  /** Called while another control plane holds the lease. */
  readonly onStandby: (by: { holder: string; fence: number }) => void;
  readonly signal: AbortSignal;
}

interface State {
  readonly store: DatabaseStore;
  readonly fence: number;
  /** Throws when another control plane may have taken over. */
  readonly mayAct: MayAct;
  /** Resolves when another control plane has taken over; never on SQLite, where the lock of the data folder keeps others away. */
  readonly lost: Promise<CartwrightError>;
}

export async function openState(options: OpenStateOptions): Promise<State> {
  const { config, now, holder, logger, own } = options;
  if (config.database.kind === 'sqlite') {
    const onCopied = (copy: string, migrations: readonly string[]): void =>
      logger.info({ copy, migrations }, 'the database is migrated; a copy from before was made');
    const store = own(
      'store',
      await openStore({ directory: config.dataDirectory, now, onCopied, onWriteHealth: healthTold(logger) }),
    );
    const fence = await store.acquireLease(holder);
    return { store, fence, mayAct: () => undefined, lost: new Promise(() => undefined) };
  }
  const settings = await readPostgresSettings(config.database);
  const lease = own('lease', await waitForLease(options, settings, config.database.leaseSeconds));
  const { fence, mayAct, lost } = lease;
  const store = own('store', await openStore({ postgres: settings, now, fence, onWriteHealth: healthTold(logger) }));
  return { store, fence, mayAct, lost };
}

/** Once when it begins and once when it is over: what waits for the database is said by those who wait. */
function healthTold(logger: Logger): (change: WriteHealthChange) => void {
  return (change) => {
    if (change.kind === 'failed') logger.error({ code: change.reason.code }, change.reason.message);
    else
      logger.info(
        { afterSeconds: Math.round(change.afterMilliseconds / 1000) },
        'the database takes what is written to it again; what waited is stored',
      );
  };
}

async function waitForLease(
  { holder, logger, onStandby, signal }: OpenStateOptions,
  settings: Awaited<ReturnType<typeof readPostgresSettings>>,
  leaseSeconds: number,
): Promise<Lease> {
  const lease = await takeLease({
    settings,
    // What a person looks for who reads "held by".
    holder: `${hostname()}, process ${process.pid}, ${holder}`,
    leaseMilliseconds: leaseSeconds * 1000,
    onStandby: (by) => {
      logger.info({ holder: by.holder, fence: by.fence }, 'standby: another control plane is the holder');
      onStandby(by);
    },
    onTrouble: (reason) => logger.warn({ error: reason.message }, 'trouble with the lease'),
    signal,
  });
  logger.info({ fence: lease.fence }, 'this control plane is the holder');
  return lease;
}
