/** What is well and what is not, from what a control plane says of itself. Pure. */
import type { FreezeFieldsFragment, HostClusterFieldsFragment } from '../generated/operations.ts';
import { freezeText } from '../nouns/clusters.ts';
import { probeText } from '../output/describe/host-cluster.ts';
import { figure, relative, size } from '../output/text.ts';
import type { AgentFacts, Clocks, Facts, Health } from './facts.ts';

export type State = 'ok' | 'warning' | 'failure' | 'left-out';

export interface Finding {
  readonly name: string;
  readonly state: State;
  /** What is so. */
  readonly message: string;
  /** What to do about it; null: nothing. */
  readonly advice: string | null;
}

const DAY_MILLISECONDS = 86_400_000;
/** A certificate or credential that ends sooner is warned of. */
const ENDING_MILLISECONDS = 14 * DAY_MILLISECONDS;
/** A clock that is off by more is told, and by as much more is a failure: certificates and tokens are taken for ended. */
const SKEW_SECONDS = 5;
const WRONG_CLOCK_SECONDS = 300;
/** Writes that wait are a part of a working day; more of them wait for a database that is in trouble. */
const MANY_WRITES = 100;
/** A disk with less than so many times what is to be free is told. */
const DISK_FACTOR = 1.5;

export function findings(facts: Facts): Finding[] {
  const { now } = facts;
  return [
    connection(facts),
    ...versions(facts),
    ownClock(facts),
    ...(facts.agents === null ? [] : [agentClocks(facts.agents.clocks)]),
    freeze(facts.freeze, now),
    ...(facts.certificates === null ? [] : [certificates(facts)]),
    ...(facts.health === null ? [] : healthFindings(facts.health)),
    ...(facts.hostClusters === null ? [] : hostClusters(facts.hostClusters, now)),
    ...leftOut(facts),
  ];
}

function connection({ url, roundTripMilliseconds, caller }: Facts): Finding {
  const who = `${caller.name}, ${caller.role.toLowerCase()}`;
  return ok('connection', `${url} answers in ${figure(roundTripMilliseconds)} ms, as ${who}`);
}

function versions({ ownVersion, platform, agents }: Facts): Finding[] {
  if (platform === null) {
    const message = `this program is ${ownVersion}; the control plane is older and does not say which it is`;
    return [warning('versions', message, 'upgrade the control plane, or use the program of its version')];
  }
  const { version } = platform;
  const own =
    version === ownVersion
      ? ok('versions', `this program and the control plane are ${version}`)
      : warning(
          'versions',
          `this program is ${ownVersion}, the control plane ${version}`,
          'use the program of the control plane’s version: commands of another one may not be understood',
        );
  return agents === null || agents.programs.length === 0 ? [own] : [own, agentVersions(agents, version)];
}

function agentVersions({ programs }: AgentFacts, version: string): Finding {
  const others = programs.filter((program) => program.version !== version);
  const all = programs.reduce((sum, { instances }) => sum + instances, 0);
  if (others.length === 0) return ok('agents', `${counted(all, 'agent')}, all ${version}`);
  const told = others.map((program) => `${counted(program.instances, 'agent')} ${program.version}`).join(', ');
  return warning(
    'agents',
    `${told}; the control plane is ${version}`,
    'agents of the version before are understood; new instances get the present one, and "cartwright deploy" of a service cluster on Kubernetes replaces its pods',
  );
}

function ownClock({ platform, skewSeconds, uncertaintySeconds }: Facts): Finding {
  if (platform === null || skewSeconds === null)
    return leftOutOf('clock', 'the control plane does not say what time it is there');
  // What the answer took to come may be all of the difference.
  const certain = Math.max(0, Math.abs(skewSeconds) - uncertaintySeconds);
  const message = `the clock of this machine is ${offText(-skewSeconds)} the control plane’s`;
  if (certain < SKEW_SECONDS) return ok('clock', `the clock of this machine agrees with the control plane’s`);
  const advice =
    'set the clock of the one that is wrong (NTP); times of logs and ends of tokens are by the control plane’s';
  return certain < WRONG_CLOCK_SECONDS ? warning('clock', message, advice) : failure('clock', message, advice);
}

function agentClocks({ measured, widest }: Clocks): Finding {
  const name = 'clocks of instances';
  if (widest === null) return ok(name, 'none is known yet; agents tell theirs once a minute');
  const off = Math.abs(widest.skewSeconds);
  const whose = `${widest.application}/${widest.alias} ${widest.instance}`;
  if (off < SKEW_SECONDS) return ok(name, `${measured} known, none off by ${SKEW_SECONDS} s or more`);
  return warning(
    name,
    `that of ${whose} is ${offText(widest.skewSeconds)} the control plane’s`,
    'set the clock of its machine (NTP): nothing is decided by it, but the application’s own times are wrong, and certificates are taken for ended',
  );
}

function freeze(frozen: FreezeFieldsFragment | null, now: number): Finding {
  if (frozen === null) return ok('freeze', 'the platform is not frozen');
  return warning(
    'freeze',
    `no autoscaling decision is acted on anywhere, ${freezeText(frozen, now)}`,
    'when its reason is over: "cartwright unfreeze"',
  );
}

function certificates({ certificates: known, now }: Facts): Finding {
  const soon = (known ?? []).filter(({ notAfter }) => notAfter - now < ENDING_MILLISECONDS);
  if (soon.length === 0) return ok('certificates', 'none ends within 14 days');
  const told = soon
    .map(({ of, name, notAfter }) => {
      const what = of === null ? `the broker’s authority ${name}` : `${name} of ${of}`;
      return `${what} ${notAfter <= now ? 'ended' : 'ends'} ${relative(new Date(notAfter).toISOString(), now)}`;
    })
    .join('; ');
  const advice = soon.some(({ of }) => of !== null)
    ? '"cartwright certificate set APPLICATION HOST --cert FILE --key FILE" with a new one; no connection is dropped'
    : 'put the authority that signs the broker’s certificate now into the file of CARTWRIGHT_BROKER_CA_FILE';
  const isOver = soon.some(({ notAfter }) => notAfter <= now);
  return isOver ? failure('certificates', told, advice) : warning('certificates', told, advice);
}

/** What to do about a part that is not there. */
const PART_ADVICE: Readonly<Record<string, string>> = {
  database: 'the log of the control plane says why; deciding goes on, what has to be written waits',
  lease: 'another control plane may act: stop one of the two, or see whether they reach the same database',
  broker:
    'start the broker, or see its address, certificate and account (CARTWRIGHT_BROKER_*); instances go on without it',
  core: 'the control plane has just been started: ask again in a moment',
};

function healthFindings(health: Health): Finding[] {
  const { checks, broker, database, lease, disk, droppedLogLines } = health;
  const said: Readonly<Record<string, string>> = {
    broker: `the ${broker.kind.toLowerCase()} broker is connected`,
    database: `${database.kind === 'SQLITE' ? 'SQLite' : 'PostgreSQL'} answers`,
    lease: `held by ${lease.holder}, fencing number ${lease.fence}`,
    core: 'what is wanted and what runs has been read',
  };
  return [
    ...checks.map(({ name, ok: isThere, detail }) =>
      isThere
        ? ok(name, said[name] ?? 'it is there')
        : failure(name, detail ?? 'it is not there', PART_ADVICE[name] ?? 'see the log of the control plane'),
    ),
    queue(database.queuedWrites),
    ...(disk === null ? [] : [diskFinding(disk)]),
    droppedLogLines === 0
      ? ok('dropped lines', 'no line of a log was dropped since the start')
      : warning(
          'dropped lines',
          `${droppedLogLines} lines of logs were dropped since the start`,
          'raise the quota of the tenant that logs so much ("cartwright tenant set-quota NAME --logs 2Gi"), or let its application say less; logs say where lines are missing',
        ),
  ];
}

function queue(queuedWrites: number): Finding {
  const message = `${counted(queuedWrites, 'write')} ${queuedWrites === 1 ? 'waits' : 'wait'} for the database`;
  if (queuedWrites < MANY_WRITES) return ok('queue of writes', message);
  return warning('queue of writes', message, 'see whether the database is locked, slow, or its disk full');
}

function diskFinding({ freeBytes, totalBytes, minimumFreeShare, isLow }: NonNullable<Health['disk']>): Finding {
  const share = totalBytes === 0 ? 1 : freeBytes / totalBytes;
  const least = minimumFreeShare === 0 ? '' : `; ${figure(100 * minimumFreeShare)} % are to be`;
  const message = `${size(freeBytes)} of ${size(totalBytes)} are free (${figure(100 * share)} %${least})`;
  const advice = 'make room on the disk of the data folder, or give it a larger one';
  if (isLow) return failure('disk', `${message}: logs and deployments give way, scaling goes on`, advice);
  return share < DISK_FACTOR * minimumFreeShare ? warning('disk', message, advice) : ok('disk', message);
}

function hostClusters(clusters: readonly HostClusterFieldsFragment[], now: number): Finding[] {
  if (clusters.length === 0) return [ok('host clusters', 'none is registered')];
  return clusters.map((cluster) => hostCluster(cluster, now));
}

function hostCluster(cluster: HostClusterFieldsFragment, now: number): Finding {
  const { name, status, credentialEndsAt, isReadable, probe, drainingSince } = cluster;
  const what = `host cluster ${name}`;
  const rotate = `"cartwright cluster rotate ${name} --kubeconfig FILE"`;
  if (!isReadable) return failure(what, 'the key that its credential is encrypted with is lost', rotate);
  if (status.state === 'UNREACHABLE')
    return failure(what, status.failure?.message ?? 'it does not answer', `see "cartwright cluster describe ${name}"`);
  const left = credentialEndsAt === null ? Infinity : Date.parse(credentialEndsAt) - now;
  if (left <= 0) return failure(what, `its credential ended ${relative(credentialEndsAt, now)}`, rotate);
  if (left < ENDING_MILLISECONDS)
    return warning(what, `its credential ends ${relative(credentialEndsAt, now)}`, rotate);
  if (probe.state === 'FAILED')
    return warning(what, `its probe failed: ${probeText(probe)}`, `mend it, then "cartwright cluster probe ${name}"`);
  const drained = drainingSince === null ? '' : ', drained: nothing new is placed there';
  return ok(what, `it answers, ${status.version ?? 'version not known'}${drained}`);
}

function leftOut({ health, agents }: Facts): Finding[] {
  const bounded =
    agents === null || !agents.isBounded
      ? []
      : [leftOutOf('instances', `only those of the first ${agents.clusters} service clusters were looked at`)];
  if (health !== null) return bounded;
  const message = 'broker, database, lease, disk, queue of writes, dropped lines and host clusters are for operators';
  return [...bounded, leftOutOf('platform', message)];
}

/** `3 s ahead of`, `1 min behind` */
function offText(seconds: number): string {
  const off = Math.abs(seconds);
  const text = off >= 120 ? `${figure(off / 60)} min` : `${figure(off)} s`;
  return seconds > 0 ? `${text} ahead of` : `${text} behind`;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function ok(name: string, message: string): Finding {
  return { name, state: 'ok', message, advice: null };
}

function warning(name: string, message: string, advice: string): Finding {
  return { name, state: 'warning', message, advice };
}

export function failure(name: string, message: string, advice: string): Finding {
  return { name, state: 'failure', message, advice };
}

function leftOutOf(name: string, message: string): Finding {
  return { name, state: 'left-out', message, advice: null };
}
