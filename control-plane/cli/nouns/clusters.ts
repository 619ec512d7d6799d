import { eachLive } from '../client/each-live.ts';
import { LEAST_GAP_MILLISECONDS } from '../client/changes.ts';
import type { Session } from '../client/session.ts';
import {
  GetServiceCluster,
  WatchCluster,
  type FreezeFieldsFragment,
  type ServiceClusterFieldsFragment,
  type ServiceClusterRef,
} from '../generated/operations.ts';
import type { Column } from '../output/printer.ts';
import { NOTHING, figure, relative } from '../output/text.ts';
import { each } from '../pages.ts';
import { resolveTarget, resolveTargets } from '../targets.ts';
import { listApplications } from './applications.ts';
import { noun, type Scope } from './noun.ts';

/** The service clusters that a scope names. */
export function scopeRefs(session: Session, scope: Scope): Promise<readonly ServiceClusterRef[]> {
  return resolveTargets(session, scope.application, () => listApplications(session));
}

interface Controlled {
  readonly blocked: { readonly code: string } | null;
  readonly frozen: object | null;
  readonly override: { readonly kind: string; readonly instances: number; readonly expiresAt: string } | null;
  readonly stopped: object | null;
  readonly paused: object | null;
  readonly shadow: boolean;
}

/** What keeps the autoscaler from acting freely: that it is blocked or stopped, that the platform is frozen, a manual number, a pause, shadow mode. */
export function control(cluster: Controlled, now: number): string {
  const words: string[] = [];
  if (cluster.blocked !== null) words.push(`blocked: ${cluster.blocked.code}`);
  if (cluster.stopped !== null) words.push('stopped');
  if (cluster.frozen !== null) words.push('platform frozen');
  const { override } = cluster;
  if (override !== null) {
    const kind = override.kind === 'PIN' ? 'pinned to' : 'at least';
    words.push(`${kind} ${override.instances} (ends ${relative(override.expiresAt, now)})`);
  }
  if (cluster.paused !== null) words.push('paused');
  if (cluster.shadow) words.push('shadow');
  return words.join(', ') || NOTHING;
}

/** By whom, since when, until when, and why. */
export function freezeText({ by, since, expiresAt, reason }: FreezeFieldsFragment, now: number): string {
  const end = expiresAt === null ? '' : `, ends ${relative(expiresAt, now)}`;
  return `by ${by} ${relative(since, now)}${end}: ${reason}`;
}

export const clusterColumns: readonly Column<ServiceClusterFieldsFragment>[] = [
  { title: 'APPLICATION', value: ({ applicationName }) => applicationName },
  { title: 'ALIAS', value: ({ alias }) => alias },
  { title: 'CARTRIDGE', value: ({ cartridge }) => cartridge },
  { title: 'WANTED', value: ({ wanted }) => String(wanted) },
  { title: 'ACTIVE', value: ({ live }) => String(live.active) },
  { title: 'STARTING', value: ({ live }) => String(live.starting) },
  { title: 'FAULTY', value: ({ live }) => String(live.faulty) },
  { title: 'REQUESTS/S', value: ({ live }) => figure(live.throughputPerSecond) },
  {
    title: 'RELEASE',
    value: ({ stableRelease }) => (stableRelease === null ? NOTHING : String(stableRelease.number)),
  },
  { title: 'SOURCE', value: ({ gitSource }) => gitSource?.problem?.code ?? (gitSource === null ? NOTHING : 'Git') },
  { title: 'CONTROL', value: control },
  { title: 'TENANT', value: ({ tenant }) => tenant, isWide: true },
  { title: 'GENERATION', value: ({ generation }) => String(generation), isWide: true },
  {
    title: 'NEXT RELEASE',
    value: ({ candidateRelease }) => (candidateRelease === null ? NOTHING : String(candidateRelease.number)),
    isWide: true,
  },
  { title: 'QUEUED', value: ({ live }) => figure(live.queued), isWide: true },
  { title: 'CREATED', value: ({ createdAt }, now) => relative(createdAt, now), isWide: true },
  { title: 'UID', value: ({ uid }) => uid, isWide: true },
];

/** As commands take a service cluster. */
export function clusterReference({ applicationName, alias }: ServiceClusterFieldsFragment): string {
  return `cluster/${applicationName}/${alias}`;
}

export const clusters = noun<ServiceClusterFieldsFragment>({
  plural: 'service clusters',
  reference: clusterReference,
  columns: clusterColumns,
  async list(session, scope) {
    const found = await each(await scopeRefs(session, scope), (ref) =>
      session.client.query(GetServiceCluster, { ref }),
    );
    return found.flatMap(({ serviceCluster }) => serviceCluster ?? []);
  },
  async find(session, name) {
    const ref = await resolveTarget(session, name);
    return (await session.client.query(GetServiceCluster, { ref })).serviceCluster ?? undefined;
  },
  live: (session, scope) => liveClusters(session, scope),
});

async function* liveClusters(session: Session, scope: Scope): AsyncGenerator<ServiceClusterFieldsFragment[]> {
  const states = eachLive(session, WatchCluster, () => scopeRefs(session, scope), {
    pauseMilliseconds: LEAST_GAP_MILLISECONDS,
    signal: session.io.interrupted,
  });
  for await (const known of states) yield known.map(({ serviceCluster }) => serviceCluster.serviceCluster);
}
