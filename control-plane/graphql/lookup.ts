/** Things that several types point to, found once per operation. */
import type { ApplicationRecord } from '../app/records/applications.ts';
import type { ClusterRecord } from '../app/records/clusters.ts';
import type { ReleaseRecord } from '../app/records/releases.ts';
import type { BuildRecord, SourceRecord } from '../app/records/sources.ts';
import type { GraphQLContext } from './context.ts';

export async function applicationNamed(
  { useCases, principal, once }: GraphQLContext,
  tenant: string,
  name: string,
): Promise<ApplicationRecord | null> {
  const find = () => useCases.queries.application(principal, tenant, name);
  return (await once.get('application', `${tenant}/${name}`, find)) ?? null;
}

export async function releaseOf(
  { useCases, principal, once }: GraphQLContext,
  uid: string | null,
): Promise<ReleaseRecord | null> {
  if (uid === null) return null;
  return (await once.get('release', uid, () => useCases.queries.release(principal, uid))) ?? null;
}

export async function buildOf(
  { useCases, principal, once }: GraphQLContext,
  uid: string | null,
): Promise<BuildRecord | null> {
  if (uid === null) return null;
  return (await once.get('build', uid, () => useCases.queries.build(principal, uid))) ?? null;
}

export async function sourceOf(
  { useCases, principal, once }: GraphQLContext,
  uid: string | null,
): Promise<SourceRecord | null> {
  if (uid === null) return null;
  return (await once.get('source', uid, () => useCases.queries.source(principal, uid))) ?? null;
}

export async function clusterNamed(
  { useCases, principal, once }: GraphQLContext,
  { tenant, application, alias }: { tenant: string; application: string; alias: string },
): Promise<ClusterRecord | null> {
  const find = () => useCases.queries.cluster(principal, { tenant, application, alias });
  return (await once.get('cluster', `${tenant}/${application}/${alias}`, find)) ?? null;
}
