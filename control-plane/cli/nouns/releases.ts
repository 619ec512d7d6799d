import type { Session } from '../client/session.ts';
import {
  GetRelease,
  ListReleases,
  type ReleaseFieldsFragment,
  type ServiceClusterRef,
  type SourceFieldsFragment,
} from '../generated/operations.ts';
import type { Column, Reference } from '../output/printer.ts';
import { NOTHING, brief, relative, size, word } from '../output/text.ts';
import { newest } from '../pages.ts';
import { resolveTarget } from '../targets.ts';
import { noun, type Scope } from './noun.ts';
import { perCluster, placeColumn, withoutPlace, type Place } from './per-cluster.ts';

/** A source as one reads it: the commit and its message, or the upload. */
export function sourceText(source: SourceFieldsFragment | null): string {
  if (source === null) return NOTHING;
  const { origin } = source;
  if (origin.__typename === 'UploadOrigin') return `upload by ${origin.by} (${size(origin.bytes)})`;
  return brief(`${origin.ref} ${origin.commit.slice(0, 10)} ${origin.message}`, 60);
}

/** What it was made of: a source, also where it is another release once more. */
export function originText({ source, restartOf }: Pick<ReleaseFieldsFragment, 'source' | 'restartOf'>): string {
  const text = sourceText(source);
  if (restartOf === null) return text;
  return `release ${restartOf.number} once more${text === NOTHING ? '' : `: ${text}`}`;
}

export const releaseColumns: readonly Column<ReleaseFieldsFragment>[] = [
  { title: 'NUMBER', value: ({ number }) => String(number) },
  { title: 'STATE', value: ({ state }) => word(state) },
  { title: 'CARTRIDGE', value: ({ cartridge }) => `${cartridge.name} ${cartridge.version}` },
  { title: 'SOURCE', value: originText },
  { title: 'BY', value: ({ createdBy }) => brief(createdBy, 30) },
  { title: 'CREATED', value: ({ createdAt }, now) => relative(createdAt, now) },
  { title: 'UID', value: ({ uid }) => uid },
  { title: 'ARTIFACT', value: ({ artifact }) => artifact ?? NOTHING, isWide: true },
  { title: 'IMAGE', value: ({ cartridge }) => cartridge.image ?? NOTHING, isWide: true },
  { title: 'CONFIGURATION', value: ({ configurationDigest }) => configurationDigest, isWide: true },
];

export const releaseReference: Reference<ReleaseFieldsFragment> = ({ uid }) => `release/${uid}`;

/** The newest releases of a service cluster, oldest first. */
export function listReleases(
  session: Session,
  ref: ServiceClusterRef,
  limit: number,
): Promise<ReleaseFieldsFragment[]> {
  return newest(limit, async (last, before) => {
    const { serviceCluster } = await session.client.query(ListReleases, { ref, last, before });
    return serviceCluster?.releases;
  });
}

/** By its number, where the scope names the service cluster, or by its uid. */
export async function findReleaseUid(
  session: Session,
  name: string,
  scope: Pick<Scope, 'application'>,
): Promise<string | undefined> {
  if (!/^\d{1,9}$/.test(name) || scope.application === undefined) return name;
  const ref = await resolveTarget(session, scope.application);
  const found = await listReleases(session, ref, Number.MAX_SAFE_INTEGER);
  return found.find((release) => release.number === Number(name))?.uid;
}

export const releases = noun<ReleaseFieldsFragment & Place>({
  plural: 'releases',
  reference: releaseReference,
  grows: true,
  columns: [placeColumn, ...releaseColumns],
  list: (session, scope) => perCluster(session, scope, (ref) => listReleases(session, ref, scope.limit)),
  async find(session, name, scope) {
    const uid = await findReleaseUid(session, name, scope);
    return uid === undefined ? undefined : withoutPlace((await session.client.query(GetRelease, { uid })).release);
  },
});
