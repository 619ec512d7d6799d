/** The last roll-outs, the newest first. */
import type { ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { secondsBetween, span } from '../../components/relative.ts';
import { Time } from '../../components/time.tsx';
import { word, type Tone } from '../../components/words.ts';
import type { RolloutFactsFragment, RolloutState } from '../../generated/operations.ts';

const TONES: Readonly<Record<RolloutState, Tone>> = {
  RUNNING: 'warning',
  RETURNING: 'warning',
  RETURNED: 'bad',
  SUCCEEDED: 'good',
};

export function RolloutsTable({ rollouts }: { readonly rollouts: readonly RolloutFactsFragment[] }): ReactNode {
  if (rollouts.length === 0) return null;
  return (
    <section className="block">
      <h2>Roll-outs</h2>
      <div className="scroll-x">
        <table className="stacked">
          <thead>
            <tr>
              <th scope="col">Begun</th>
              <th scope="col">State</th>
              <th scope="col">Release</th>
              <th scope="col" className="number">
                Instances
              </th>
              <th scope="col" className="number">
                Took
              </th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {rollouts.map(({ uid, createdAt, finishedAt, state, fromRelease, toRelease, instanceUids, reason }) => (
              <tr key={uid}>
                <td>
                  <Time at={createdAt} />
                </td>
                <td>
                  <span className={`word ${TONES[state]}`}>{word(state)}</span>
                </td>
                <td data-label="Release">
                  {fromRelease === null ? '' : `${fromRelease.number} → `}
                  {toRelease?.number ?? 'not kept'}
                </td>
                <td className="number" data-label="Instances">
                  {instanceUids.length}
                </td>
                <td className="number" data-label="Took">
                  {finishedAt === null ? '–' : span(secondsBetween(createdAt, finishedAt))}
                </td>
                <td>
                  {reason === null ? (
                    ''
                  ) : (
                    <span title={reason.code}>
                      <Foreign text={reason.message} />
                    </span>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
