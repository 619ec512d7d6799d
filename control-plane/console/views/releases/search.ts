import { numberIn, textsIn } from '../../shell/search.ts';

/** The two releases that are compared, by their numbers, and the build whose log is open. */
export interface ReleasesSearch {
  readonly from?: number;
  readonly to?: number;
  /** Uid. */
  readonly build?: string;
}

export function releasesSearch(given: Record<string, unknown>): ReleasesSearch {
  const from = numberIn(given, 'from');
  const to = numberIn(given, 'to');
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...textsIn(given, ['build']),
  };
}
