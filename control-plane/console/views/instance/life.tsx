/** The life of an instance: a bar of it, how long it was up, and every change with its reason. */
import type { ReactNode } from 'react';
import { span } from '../../components/relative.ts';
import { Time, useNow } from '../../components/time.tsx';
import { ScrollX } from '../../components/scroll-x.tsx';
import { meaningOf, wordOf } from './state-words.ts';
import { partsOf, spansOf } from './timeline.ts';
import type { InstanceRecord } from './use-instance.ts';

export function Life({ lifecycle }: { readonly lifecycle: InstanceRecord['lifecycle'] }): ReactNode {
  const now = useNow();
  const { changes, upSeconds, downSeconds } = lifecycle;
  const spans = spansOf(changes, now);
  const parts = partsOf(spans);
  const sinceUp = upSeconds + downSeconds;
  if (changes.length === 0) return <p className="quiet">Nothing of its life is kept any more.</p>;
  return (
    <>
      <div className="instance-life" aria-hidden="true">
        {parts.map((part, index) => (
          <span
            key={index}
            className={`instance-part ${part.tone}`}
            style={{ flexGrow: part.share }}
            title={`${part.states.join(', ')}: ${span(part.seconds)}`}
          />
        ))}
      </div>
      <p>
        Up for <strong>{span(upSeconds)}</strong>
        {sinceUp === 0
          ? '; it has not been ready yet.'
          : `, down for ${span(downSeconds)} after it was first ready (up ${((100 * upSeconds) / sinceUp).toFixed(downSeconds === 0 ? 0 : 2)} %).`}
      </p>
      <ScrollX label="Its states">
        <table>
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">From</th>
              <th scope="col" className="number">
                For
              </th>
              <th scope="col">Why</th>
            </tr>
          </thead>
          <tbody>
            {spans.toReversed().map(({ at, to, seconds, isNow, reason, cause }, index) => (
              <tr key={spans.length - index}>
                <td>
                  <span className={`word ${meaningOf(to).tone}`} title={meaningOf(to).meaning}>
                    {wordOf(to)}
                  </span>
                </td>
                <td>
                  <Time at={at} />
                </td>
                <td className="number">{seconds === null ? '' : `${span(seconds)}${isNow ? ', on' : ''}`}</td>
                <td>
                  {reason === null ? null : (
                    <>
                      <code>{reason.code}</code> <bdi>{reason.message}</bdi>
                    </>
                  )}
                  {cause === null ? null : (
                    <>
                      {' '}
                      <span className="quiet">
                        by <code>{cause}</code>
                      </span>
                    </>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollX>
    </>
  );
}
