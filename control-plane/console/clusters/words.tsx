/** A service cluster's state in words, and how many instances it has. */
import type { ReactNode } from 'react';
import type { ClusterEntryFragment } from '../generated/operations.ts';
import { wordsOf } from './state-words.ts';

export function StateWords({ entry }: { readonly entry: ClusterEntryFragment }): ReactNode {
  return (
    <span className="cluster-words">
      {wordsOf(entry).map(({ word, tone, means }) => (
        <span key={word} className={`word ${tone}`} title={means}>
          {word}
        </span>
      ))}
    </span>
  );
}

export function InstanceCounts({ counts }: { readonly counts: ClusterEntryFragment['counts'] }): ReactNode {
  const { wanted, active, starting, leaving, faulty, unreachable } = counts;
  const others = [
    [starting, 'starting', ''],
    [leaving, 'leaving', ''],
    [unreachable, 'unreachable', 'warning'],
    [faulty, 'faulty', 'bad'],
  ] as const;
  return (
    <span className="cluster-counts">
      <strong>{active}</strong> of {wanted} active
      {others.map(([count, word, tone]) =>
        count === 0 ? null : (
          <span key={word} className={tone === '' ? 'quiet' : `word ${tone}`}>
            {count} {word}
          </span>
        ),
      )}
    </span>
  );
}
