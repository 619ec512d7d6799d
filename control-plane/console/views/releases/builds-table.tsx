/** The last builds, the newest first, each with its log. */
import { Link, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { RefusedNote, Waiting } from '../../components/notes.tsx';
import { secondsBetween, span } from '../../components/relative.ts';
import { BuildLogLines } from '../../components/rollouts/build-log-lines.tsx';
import { SourceText } from '../../components/rollouts/source-text.tsx';
import { knownOf, useBuild } from '../../components/rollouts/use-build.ts';
import { Time } from '../../components/time.tsx';
import { word, type Tone } from '../../components/words.ts';
import type { BuildFactsFragment, BuildState } from '../../generated/operations.ts';

const TONES: Readonly<Record<BuildState, Tone>> = { QUEUED: '', RUNNING: 'warning', SUCCEEDED: 'good', FAILED: 'bad' };

export interface BuildsTableProps {
  readonly builds: readonly BuildFactsFragment[];
  /** Uid of the one whose log is open; null: none. */
  readonly open: string | null;
}

export function BuildsTable({ builds, open }: BuildsTableProps): ReactNode {
  const search = useSearch({ strict: false });
  if (builds.length === 0) return null;
  return (
    <section className="block">
      <h2>Builds</h2>
      <div className="scroll-x">
        <table className="stacked">
          <thead>
            <tr>
              <th scope="col">Asked for</th>
              <th scope="col">State</th>
              <th scope="col">Source</th>
              <th scope="col" className="number">
                Took
              </th>
              <th scope="col">Log</th>
            </tr>
          </thead>
          <tbody>
            {builds.map(({ uid, createdAt, startedAt, finishedAt, state, source, error }) => (
              <tr key={uid}>
                <td>
                  <Time at={createdAt} />
                </td>
                <td>
                  <span className={`word ${TONES[state]}`}>{word(state)}</span>
                  {error === null ? null : (
                    <div>
                      <span title={error.code}>
                        <Foreign text={error.message} />
                      </span>
                    </div>
                  )}
                </td>
                <td className="source">{source === null ? 'not kept' : <SourceText source={source} />}</td>
                <td className="number" data-label="Took">
                  {startedAt === null || finishedAt === null ? '–' : span(secondsBetween(startedAt, finishedAt))}
                </td>
                <td>
                  <Link
                    to="."
                    search={{ ...search, build: open === uid ? undefined : uid }}
                    resetScroll={false}
                    aria-expanded={open === uid}
                  >
                    {open === uid ? 'Close' : 'Open'}
                  </Link>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {open === null ? null : <OpenBuild key={open} uid={open} />}
    </section>
  );
}

function OpenBuild({ uid }: { readonly uid: string }): ReactNode {
  const build = useBuild(uid);
  const log = knownOf(build);
  return (
    <div className="open-build">
      <h3>Log of the build {log === null ? '' : <Time at={log.build.createdAt} />}</h3>
      {build.kind === 'refused' ? <RefusedNote error={build.error} /> : null}
      {build.kind === 'waiting' ? <Waiting what="its log" /> : null}
      {log === null ? null : <BuildLogLines log={log} />}
    </div>
  );
}
