/** What lists and the page of one host cluster both show. */
import type { ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { figure } from '../../components/quantities.ts';
import { Time } from '../../components/time.tsx';
import { meaningOf, roomShares, stateWords, type HostCluster } from './words.ts';

export function StateWords({ cluster }: { readonly cluster: HostCluster }): ReactNode {
  const { since } = cluster.status;
  return (
    <>
      {stateWords(cluster).map(([tone, words]) => (
        <span key={words} className={`word ${tone}`}>
          {words}
        </span>
      ))}{' '}
      {since === null ? null : (
        <span className="quiet">
          since <Time at={since} />
        </span>
      )}
    </>
  );
}

export function FailureNote({ failure }: { readonly failure: HostCluster['status']['failure'] }): ReactNode {
  if (failure === null) return null;
  return (
    <p className="note bad">
      <strong>{meaningOf(failure.code)}</strong> <Foreign text={failure.message} />{' '}
      <span className="quiet">
        Since <Time at={failure.since} />.
      </span>
    </p>
  );
}

/** What is left for instances. */
export function Room({ status }: { readonly status: HostCluster['status'] }): ReactNode {
  const shares = roomShares(status);
  if (shares === null) return <p className="quiet">What room it has is not known yet.</p>;
  return (
    <table className="room">
      <caption className="visually-hidden">What is left</caption>
      <tbody>
        {shares.map(({ name, left, text }) => (
          <tr key={name}>
            <th scope="row">{name} left</th>
            <td>
              <meter value={left} min={0} max={1} low={0.1} optimum={1} aria-label={`${name} left`} />
            </td>
            <td className="number">{text}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ProbeText({ probe }: { readonly probe: HostCluster['probe'] }): ReactNode {
  switch (probe.state) {
    case 'SKIPPED':
      return 'not probed';
    case 'WAITING':
      return <span className="word warning">under way</span>;
    case 'PASSED':
      return (
        <>
          <span className="word good">passed</span>{' '}
          {probe.milliseconds === null ? '' : `in ${figure(probe.milliseconds / 1_000)} s `}
          {probe.at === null ? null : <Time at={probe.at} />}
        </>
      );
    case 'FAILED':
      return (
        <>
          <span className="word bad">failed</span> {probe.at === null ? null : <Time at={probe.at} />}
        </>
      );
  }
}

/** Each check that failed, by name, with what it means. */
export function ProbeFailures({ probe }: { readonly probe: HostCluster['probe'] }): ReactNode {
  if (probe.failures.length === 0) return null;
  return (
    <ul className="plain probe-failures">
      {probe.failures.map(({ code, message }, index) => (
        <li key={index} className="note bad">
          <strong>{meaningOf(code)}</strong> <Foreign text={message} /> <code>{code}</code>
        </li>
      ))}
    </ul>
  );
}
