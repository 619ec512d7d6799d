/** The numbers of the moment. */
import type { ReactNode } from 'react';
import { formatFigure } from '../../chart/format.ts';
import type { Snapshot } from './snapshot.ts';

export function Figures({ live }: { readonly live: Snapshot['live'] }): ReactNode {
  const { wanted, active, starting, faulty, throughputPerSecond, throttledPerSecond, queued } = live;
  const rate = (value: number | null): string => (value === null ? 'not reported' : `${formatFigure(value)}/s`);
  return (
    <dl className="figures" aria-label="Now">
      <Figure name="Wanted">{wanted}</Figure>
      <Figure name="Ready">{active}</Figure>
      <Figure name="Starting">{starting}</Figure>
      <Figure name="Faulty" tone={faulty > 0 ? 'bad' : ''}>
        {faulty}
      </Figure>
      <Figure name="Answered">{rate(throughputPerSecond)}</Figure>
      <Figure name="Queued" tone={queued >= 1 ? 'warning' : ''}>
        {formatFigure(queued)}
      </Figure>
      {throttledPerSecond === null || throttledPerSecond === 0 ? null : (
        <Figure name="Refused by limits" tone="warning">
          {rate(throttledPerSecond)}
        </Figure>
      )}
    </dl>
  );
}

interface FigureProps {
  readonly name: string;
  readonly tone?: '' | 'warning' | 'bad';
  readonly children: ReactNode;
}

function Figure({ name, tone = '', children }: FigureProps): ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={tone}>{children}</dd>
    </div>
  );
}
