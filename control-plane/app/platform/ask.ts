/** How the platform itself is: for operators all of it, for everybody else what program it is. */
import { requireRole } from '../access.ts';
import type { DiskWatch } from '../disk/disk-watch.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Clock } from '../ports/clock.ts';
import type { Messaging } from '../ports/messaging.ts';
import type { ProgramParts, ReadinessCheck } from '../ports/platform.ts';
import type { Store } from '../ports/store.ts';
import { runChecks } from './checks.ts';
import type { EndingCertificate, PlatformHealth, PlatformQueries } from './use-cases.ts';

/** Certificates that end within this time are named, and at most so many. */
const ENDING_MILLISECONDS = 30 * 24 * 3600 * 1000;
const MOST_CERTIFICATES = 50;

export interface PlatformAskingOptions {
  readonly store: Pick<Store, 'certificates'>;
  readonly fleet: Fleet;
  readonly program: ProgramParts;
  readonly checks: readonly ReadinessCheck[];
  readonly messaging: Pick<Messaging, 'isConnected' | 'problem'>;
  readonly isBrokerOutside: boolean;
  readonly fence: number;
  readonly disk: Pick<DiskWatch, 'last' | 'isLow' | 'minimumFreeShare'>;
  /** Of the tenants' limits. */
  readonly limitedLogLines: () => number;
  readonly startedAt: () => number | null;
  readonly clock: Pick<Clock, 'now' | 'setTimeout'>;
}

export function createPlatformQueries(options: PlatformAskingOptions): PlatformQueries {
  const { program, clock } = options;
  return {
    platform(principal) {
      requireRole(principal, 'viewer');
      return { version: program.version, now: clock.now() };
    },
    async platformHealth(principal) {
      requireRole(principal, 'operator');
      const { messaging, isBrokerOutside, disk } = options;
      const { last } = disk;
      return {
        startedAt: options.startedAt(),
        checks: await runChecks(options.checks, clock),
        broker: {
          kind: isBrokerOutside ? 'outside' : 'embedded',
          isConnected: messaging.isConnected,
          problem: messaging.problem ?? null,
        },
        database: { kind: program.databaseKind, queuedWrites: program.queuedWrites() },
        lease: { holder: program.holder, fence: options.fence },
        disk: last && {
          ...{ freeBytes: last.freeBytes, totalBytes: last.totalBytes },
          ...{ minimumFreeShare: disk.minimumFreeShare, isLow: disk.isLow },
        },
        droppedLogLines: program.droppedLogLines() + options.limitedLogLines(),
        ...agentsOf(options.fleet),
        endingCertificates: await endingCertificates(options),
      };
    },
  };
}

/** What the agents of all instances that run have told of themselves. */
function agentsOf(fleet: Fleet): Pick<PlatformHealth, 'agents' | 'clocks'> {
  const live = [...fleet.clusters()].flatMap((cluster) => cluster.live());
  const counts = new Map<string, number>();
  let measured = 0;
  let widest: PlatformHealth['clocks']['widest'] = null;
  for (const instance of live) {
    const { agentVersion } = instance;
    if (agentVersion !== null) counts.set(agentVersion, (counts.get(agentVersion) ?? 0) + 1);
    const skewSeconds = instance.lastSample?.clockSkewSeconds ?? null;
    if (skewSeconds === null) continue;
    measured += 1;
    const { tenant, application, alias, uid } = instance.record;
    if (widest === null || Math.abs(skewSeconds) > Math.abs(widest.skewSeconds))
      widest = { tenant, application, alias, instance: uid, skewSeconds };
  }
  const agents = [...counts].map(([version, instances]) => ({ version, instances }));
  return {
    agents: agents.sort((a, b) => b.instances - a.instances || (a.version < b.version ? -1 : 1)),
    clocks: { measured, widest },
  };
}

async function endingCertificates({
  store,
  fleet,
  program,
  clock,
}: PlatformAskingOptions): Promise<EndingCertificate[]> {
  const until = clock.now() + ENDING_MILLISECONDS;
  const own = program.brokerAuthorities.map(({ subject, notAfter }): EndingCertificate => ({
    ...{ tenant: null, application: null, name: subject, notAfter },
  }));
  const applications = (await store.certificates.find({})).map(
    ({ tenant, owner, name, notAfter }): EndingCertificate => ({
      ...{ tenant, application: fleet.applications.get(owner)?.name ?? null, name, notAfter },
    }),
  );
  return [...own, ...applications]
    .filter(({ notAfter }) => notAfter <= until)
    .sort((a, b) => a.notAfter - b.notAfter)
    .slice(0, MOST_CERTIFICATES);
}
