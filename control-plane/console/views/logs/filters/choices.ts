/** What a person can choose among when filtering. */
import type { LogsSourcesQuery } from '../../../generated/operations.ts';
import type { LogSearch } from '../address.ts';
import type { Choices } from './filter-form.tsx';

/** Streams that every application can have; declared files have names of their own. */
const STREAMS = ['stdout', 'stderr', 'agent', 'platform'];

/** @param sources null: not known (yet), or the application is gone */
export function choicesOf(sources: LogsSourcesQuery | null, { alias }: Pick<LogSearch, 'alias'>): Choices {
  const clusters = sources?.application?.clusters ?? [];
  const asked = clusters.filter((cluster) => alias === undefined || cluster.alias === alias);
  const newest = Math.max(
    0,
    ...asked.flatMap(({ stableRelease, candidateRelease }) => [
      stableRelease?.number ?? 0,
      candidateRelease?.number ?? 0,
    ]),
  );
  return {
    aliases: clusters.map((cluster) => cluster.alias),
    instances: asked.flatMap(({ instances }) => instances.edges.map(({ node }) => node.uid).reverse()),
    streams: STREAMS,
    releases: Array.from({ length: Math.min(newest, MOST_RELEASES) }, (_, index) => newest - index),
  };
}

/** As many as are kept. */
const MOST_RELEASES = 10;
