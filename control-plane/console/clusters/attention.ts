/** What needs a person first. */
import type { ClusterEntryFragment } from '../generated/operations.ts';

export type Severity = ClusterEntryFragment['attention'][number]['severity'];

/** The most urgent first. */
export const SEVERITIES = ['CRITICAL', 'WARNING', 'INFO'] as const satisfies readonly Severity[];

/** 0 is the most urgent; 3 for what needs nobody. */
export function urgency({ attention }: Pick<ClusterEntryFragment, 'attention'>): number {
  const [first] = attention;
  return first === undefined ? SEVERITIES.length : rank(first.severity);
}

export interface Concern {
  readonly entry: ClusterEntryFragment;
  readonly code: string;
  readonly severity: Severity;
  readonly sentence: string;
}

/** Everything that needs a person, the most urgent first; of equal urgency as the entries are. */
export function concernsOf(entries: Iterable<ClusterEntryFragment>): readonly Concern[] {
  const found: Concern[] = [];
  for (const entry of entries) for (const said of entry.attention) found.push({ entry, ...said });
  return found.sort((a, b) => rank(a.severity) - rank(b.severity));
}

/** Of how many service clusters the most urgent is of this severity. */
export function countBySeverity(entries: Iterable<ClusterEntryFragment>): Readonly<Record<Severity, number>> {
  const counts = { CRITICAL: 0, WARNING: 0, INFO: 0 };
  for (const { attention } of entries) {
    const [first] = attention;
    if (first !== undefined && first.severity in counts) counts[first.severity] += 1;
  }
  return counts;
}

/** A severity that the page does not know counts as the least one. */
function rank(severity: Severity): number {
  const index = SEVERITIES.indexOf(severity);
  return index === -1 ? SEVERITIES.length - 1 : index;
}
