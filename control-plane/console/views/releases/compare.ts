/** What is different between two releases, in the order in which people ask. */
import { differences, type Difference } from '../../components/json-difference.ts';
import type { ReleaseFactsFragment } from '../../generated/operations.ts';

export type Release = ReleaseFactsFragment;

/** Of a configuration these say which release and which version of the form it is, and nothing of what runs. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['v', 'release', 'cartridge']);

/** @param configurations of both; null: not known yet, and left out */
export function compareReleases(
  from: Release,
  to: Release,
  configurations: { readonly from: unknown; readonly to: unknown } | null,
): Difference[] {
  return [
    ...differences(facts(from), facts(to)),
    ...(configurations === null ? [] : differences(compared(configurations.from), compared(configurations.to))),
  ];
}

function facts({ source, artifact, cartridge }: Release): Readonly<Record<string, string>> {
  const origin = source?.origin;
  return {
    ...(origin?.__typename === 'GitOrigin'
      ? { commit: `${origin.commit.slice(0, 10)} ${origin.message.trim().split('\n')[0]}`, repository: origin.url }
      : {}),
    ...(origin?.__typename === 'UploadOrigin' ? { upload: origin.digest } : {}),
    ...(artifact === null ? {} : { artifact }),
    cartridge: `${cartridge.name} ${cartridge.version}`,
    ...(cartridge.image === null ? {} : { image: cartridge.image }),
  };
}

function compared(configuration: unknown): unknown {
  if (typeof configuration !== 'object' || configuration === null) return configuration;
  return Object.fromEntries(Object.entries(configuration).filter(([name]) => !NOT_COMPARED.has(name)));
}
