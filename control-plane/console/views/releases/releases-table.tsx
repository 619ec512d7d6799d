/** The releases that are kept, the newest first, each with the way back to it. */
import { Link, useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { EmptyNote } from '../../components/notes.tsx';
import { SourceText } from '../../components/rollouts/source-text.tsx';
import { Time } from '../../components/time.tsx';
import { word, type Tone } from '../../components/words.ts';
import type { ReleaseState, ReleasesClusterSubscription } from '../../generated/operations.ts';
import { useMay } from '../../shell/caller.tsx';
import type { Release } from './compare.ts';
import { rollbackTo } from './rollback.ts';
import { RollbackConfirm } from './rollback-confirm.tsx';

export interface ReleasesTableProps {
  readonly application: string;
  readonly alias: string;
  /** Newest first. */
  readonly releases: readonly Release[];
  /** Null: what runs is not known yet. */
  readonly snapshot: ReleasesClusterSubscription['serviceCluster'] | null;
}

const TONES: Readonly<Record<ReleaseState, Tone>> = {
  STABLE: 'good',
  CANDIDATE: 'warning',
  RETURNED: 'bad',
  SKIPPED: '',
  SUPERSEDED: '',
};

export function ReleasesTable({ application, alias, releases, snapshot }: ReleasesTableProps): ReactNode {
  const mayDeploy = useMay('DEPLOYER');
  const [chosen, setChosen] = useState<Release | null>(null);
  if (releases.length === 0) {
    return (
      <EmptyNote title="There is no release yet.">
        <p>The first one is made when a build has succeeded.</p>
      </EmptyNote>
    );
  }
  return (
    <section className="block">
      <h2>Releases</h2>
      <div className="scroll-x">
        <table className="releases stacked">
          <thead>
            <tr>
              <th scope="col" className="number">
                No.
              </th>
              <th scope="col">State</th>
              <th scope="col">Source</th>
              <th scope="col">Cartridge</th>
              <th scope="col">Made</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {releases.map((release) => (
              <tr key={release.uid}>
                <th scope="row" className="number" data-label="Release">
                  {release.number}
                </th>
                <td>
                  <span className={`word ${TONES[release.state]}`}>{word(release.state)}</span>
                </td>
                <td className="source">
                  {release.source === null ? (
                    <span className="quiet">none kept</span>
                  ) : (
                    <SourceText source={release.source} />
                  )}
                  {release.restartOf === null ? null : (
                    <span className="quiet"> release {release.restartOf.number} once more</span>
                  )}
                </td>
                <td data-label="on">
                  {release.cartridge.name} {release.cartridge.version}
                </td>
                <td data-label="made">
                  <Time at={release.createdAt} />{' '}
                  <span className="quiet">
                    by <Foreign text={release.createdBy} />
                  </span>
                </td>
                <td>
                  <div className="actions">
                    <CompareLink release={release} stable={snapshot?.serviceCluster.stableRelease?.number ?? null} />
                    {snapshot === null || !mayDeploy || rollbackTo(release, snapshot).kind === 'runs-already' ? null : (
                      <button type="button" onClick={() => setChosen(release)}>
                        Roll back to it
                      </button>
                    )}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {chosen === null || snapshot === null ? null : (
        <RollbackConfirm
          application={application}
          alias={alias}
          to={chosen}
          releases={releases}
          snapshot={snapshot}
          onClose={() => setChosen(null)}
        />
      )}
    </section>
  );
}

/** Compares with what runs; what runs, with the one before. */
function CompareLink({ release, stable }: { readonly release: Release; readonly stable: number | null }): ReactNode {
  const search = useSearch({ strict: false });
  const other = stable === null || stable === release.number ? release.number - 1 : stable;
  if (other < 1) return null;
  const [from, to] = other < release.number ? [other, release.number] : [release.number, other];
  return (
    <Link to="." search={{ ...search, from, to }} hash="comparison">
      Compare with {other}
    </Link>
  );
}
