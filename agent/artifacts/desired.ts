/** What of the desired document concerns this instance. */
import type { DesiredDocument, DesiredRelease } from '../../schema/mqtt/desired.ts';

export interface Assignment {
  /** The release to run; absent: none yet. */
  readonly mine: DesiredRelease | undefined;
  /** A release to have at hand, because the next one to run may be this. */
  readonly ahead: DesiredRelease | undefined;
}

/** The candidate for the instances it names, the stable release for all others. */
export function assignmentFor(document: DesiredDocument, instance: string): Assignment {
  const { stable, candidate } = document;
  if (candidate?.instances.includes(instance)) return { mine: candidate, ahead: stable };
  return { mine: stable, ahead: candidate };
}

/** Two documents' releases are the same thing when name and contents are. */
export function contentKey(release: DesiredRelease): string {
  return JSON.stringify([
    release.release,
    release.configurationDigest,
    release.artifacts.map(({ slot, digest }) => [slot, digest]),
  ]);
}
