/** Lists of what belongs to service clusters: asked for one service cluster at a time, each entry with its place. */
import type { Session } from '../client/session.ts';
import type { ServiceClusterRef } from '../generated/operations.ts';
import type { Column } from '../output/printer.ts';
import { NOTHING } from '../output/text.ts';
import { each } from '../pages.ts';
import { scopeRefs } from './clusters.ts';
import type { Scope } from './noun.ts';

/** Where an entry belongs; null where it was found by its uid alone, as the control plane does not say it then. */
export interface Place {
  readonly applicationName: string | null;
  readonly alias: string | null;
}

const NO_PLACE: Place = { applicationName: null, alias: null };

export const placeColumn: Column<Place> = {
  title: 'SERVICE CLUSTER',
  value: ({ applicationName, alias }) => (applicationName === null ? NOTHING : `${applicationName}/${alias}`),
};

/** The entries of all service clusters that the scope names. */
export async function perCluster<T extends object>(
  session: Session,
  scope: Scope,
  load: (ref: ServiceClusterRef) => Promise<readonly T[]>,
): Promise<(T & Place)[]> {
  const found = await each(await scopeRefs(session, scope), async (ref) => {
    const place: Place = { applicationName: ref.application, alias: ref.alias };
    return (await load(ref)).map((entry) => ({ ...place, ...entry }));
  });
  return found.flat();
}

/** An entry that was found by its uid. */
export function withoutPlace<T extends object>(entry: T | null): (T & Place) | undefined {
  return entry === null ? undefined : { ...NO_PLACE, ...entry };
}
