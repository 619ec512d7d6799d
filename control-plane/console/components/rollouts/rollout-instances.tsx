/** What a roll-out has done with each instance so far. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Foreign } from '../foreign.tsx';
import { useTenantSearch } from '../../shell/tenant.ts';
import { Time } from '../time.tsx';
import { short } from '../words.ts';
import { doneOf, movedRows, type Moved, type Rollout } from './moved.ts';
import './rollouts.css';

export interface RolloutInstancesProps {
  readonly application: string;
  readonly alias: string;
  readonly rollout: Rollout | null;
  readonly instances: readonly Moved[];
}

export function RolloutInstances({ application, alias, rollout, instances }: RolloutInstancesProps): ReactNode {
  const search = useTenantSearch();
  const rows = movedRows(rollout, instances);
  if (rows.length === 0) return <p className="quiet">There are no instances yet.</p>;
  const { done, all } = doneOf(rows);
  return (
    <div className="rollout-instances">
      <p>
        {done} of {all} {all === 1 ? 'instance' : 'instances'} {rollout === null ? 'serving' : 'done'}
        {rollout === null ? null : <progress value={done} max={all} aria-label="Instances that are done" />}
      </p>
      <div className="scroll-x">
        <table className="stacked">
          <thead>
            <tr>
              <th scope="col">Instance</th>
              <th scope="col">State</th>
              <th scope="col" className="number">
                Release
              </th>
              <th scope="col">Roll-out</th>
              <th scope="col">Asked for</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.uid}>
                <td>
                  <Link
                    className="mono"
                    to="/applications/$application/$alias/instances/$uid"
                    params={{ application, alias, uid: row.uid }}
                    search={search}
                  >
                    {short(row.uid)}
                  </Link>
                </td>
                <td>
                  <span className={`word ${row.tone}`}>{row.state}</span>
                  {row.reason === null ? null : (
                    <div className="quiet">
                      <Foreign text={row.reason} />
                    </div>
                  )}
                </td>
                <td className="number" data-label="Release">
                  {row.release ?? '–'}
                </td>
                <td>{row.step}</td>
                <td data-label="Asked for">
                  <Time at={row.createdAt} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
