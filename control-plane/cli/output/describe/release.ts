import type { GetReleaseQuery } from '../../generated/operations.ts';
import { originText } from '../../nouns/releases.ts';
import { NOTHING, relative, word } from '../text.ts';
import { describe } from '../printer.ts';

type Release = NonNullable<GetReleaseQuery['release']>;

/** A release: where it comes from and what it fixes. */
export function describeRelease(release: Release, now: number): string {
  const { build } = release;
  return describe([
    ['Release', String(release.number)],
    ['Uid', release.uid],
    ['Tenant', release.tenant],
    ['State', word(release.state)],
    ['Cartridge', `${release.cartridge.name} ${release.cartridge.version}`],
    ['Source', originText(release)],
    ['Build', build === null ? NOTHING : `${build.uid}, ${word(build.state)}`],
    ['Artifact', release.artifact ?? NOTHING],
    ['Created', `${release.createdAt} (${relative(release.createdAt, now)}) by ${release.createdBy}`],
    ['Configuration', JSON.stringify(release.configuration)],
  ]);
}
