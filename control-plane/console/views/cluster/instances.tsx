/** The instances as they are now. */
import { useState, type ReactNode } from 'react';
import { formatFigure } from '../../chart/format.ts';
import { Foreign } from '../../components/foreign.tsx';
import { EmptyNote } from '../../components/notes.tsx';
import { Time } from '../../components/time.tsx';
import { word } from '../../components/words.ts';
import { useMay } from '../../shell/caller.tsx';
import { bytes } from '../../components/quantities.ts';
import { InstanceLink } from './instance-link.tsx';
import { toneOfState } from './instance-tone.ts';
import { PlaceLine } from './place-line.tsx';
import type { Snapshot } from './snapshot.ts';
import { RestartDialog } from './steering/restart-dialog.tsx';
import { ScrollX } from '../../components/scroll-x.tsx';

type Row = Snapshot['instances'][number];

/** An agent that is well reports more often. */
const LATE_SECONDS = 20;

export function Instances({ snapshot: { instances } }: { readonly snapshot: Snapshot }): ReactNode {
  const mayRestart = useMay('DEPLOYER');
  const [restarting, setRestarting] = useState<string | null>(null);
  return (
    <section className="block" aria-label="Instances">
      <h2>Instances</h2>
      {instances.length === 0 ? (
        <EmptyNote title="There is none now.">
          <p>One is started when a request comes, or when it is scaled by hand.</p>
        </EmptyNote>
      ) : (
        <ScrollX label="Table of instances">
          <table className="instances">
            <thead>
              <tr>
                <th scope="col">Instance</th>
                <th scope="col">State</th>
                <th scope="col">Where</th>
                <th scope="col" className="number">
                  Release
                </th>
                <th scope="col" className="number">
                  Load
                </th>
                <th scope="col" className="number">
                  In flight
                </th>
                <th scope="col" className="number">
                  Memory
                </th>
                <th scope="col" className="number">
                  Sample
                </th>
                {mayRestart ? (
                  <th scope="col">
                    <span className="visually-hidden">What can be done</span>
                  </th>
                ) : null}
              </tr>
            </thead>
            <tbody>
              {instances.map((row) => (
                <InstanceRow
                  key={row.instance.uid}
                  row={row}
                  onRestart={mayRestart ? () => setRestarting(row.instance.uid) : null}
                />
              ))}
            </tbody>
          </table>
        </ScrollX>
      )}
      {restarting === null ? null : (
        <RestartDialog
          uid={restarting}
          row={instances.find(({ instance }) => instance.uid === restarting) ?? null}
          others={instances.filter(({ instance }) => instance.state === 'ACTIVE' && instance.uid !== restarting).length}
          onClose={() => setRestarting(null)}
        />
      )}
    </section>
  );
}

function InstanceRow({ row, onRestart }: { readonly row: Row; readonly onRestart: (() => void) | null }): ReactNode {
  const { instance, live } = row;
  const { uid, state, unreachable, reason, draining, placement, release, createdAt } = instance;
  const percent = (value: number | null): string => (value === null ? '' : `${formatFigure(value)} %`);
  const age = live.sampleAgeSeconds;
  return (
    <tr>
      <th scope="row">
        <InstanceLink uid={uid} />
        <br />
        <span className="quiet">
          <Time at={createdAt} />
        </span>
      </th>
      <td>
        <span className={`word ${toneOfState(state, unreachable)}`}>{word(state)}</span>{' '}
        {unreachable ? <span className="word warning">unreachable</span> : null}
        {draining === null ? null : (
          <span className="word warning">{draining.purpose === 'STOP' ? 'draining' : 'out for its release'}</span>
        )}
        {reason === null ? null : (
          <>
            <br />
            <span className="quiet">
              <Foreign text={reason.message} />
            </span>
          </>
        )}
      </td>
      <td>
        {placement === null ? '' : placement.hostCluster}
        {placement === null || placement.partition === 'default' ? '' : `, ${placement.partition}`}
        <PlaceLine observed={instance.observed} />
      </td>
      <td className="number">{release?.number ?? ''}</td>
      <td className="number">{percent(live.loadAverage)}</td>
      <td className="number">{live.requestsInFlight === null ? '' : formatFigure(live.requestsInFlight)}</td>
      <td className="number">
        {percent(live.memory)}
        {live.memoryBytes === null ? null : (
          <>
            <br />
            <span className="quiet">{bytes(live.memoryBytes)}</span>
          </>
        )}
      </td>
      <td className="number">
        {age === null ? (
          ''
        ) : (
          <span className={age > LATE_SECONDS ? 'word warning' : ''}>{`${age.toFixed(1)} s old`}</span>
        )}
      </td>
      {onRestart === null ? null : (
        <td>
          <button type="button" onClick={onRestart}>
            Restart …
          </button>
        </td>
      )}
    </tr>
  );
}
