/** What a list says of one service cluster. */
import { Link } from '@tanstack/react-router';
import { memo, type ReactNode } from 'react';
import { Load } from './load.tsx';
import type { NameFrom } from './name.ts';
import type { Cluster } from './overview-state.ts';
import { InstanceCounts, StateWords } from './words.tsx';
import { Time } from '../components/time.tsx';
import { useSearchOf } from '../shell/tenant.ts';

export const COLUMNS = ['Service cluster', 'State', 'Instances', 'Load', 'Last decision'] as const;

export interface CellsProps {
  readonly cluster: Cluster;
  /** The step that it is now, see trend.ts. */
  readonly step: number;
  readonly nameFrom: NameFrom;
}

/** Rendered again when something of it has changed, and once a step for its chart. */
export const Cells = memo(function Cells({ cluster: { entry, trend }, step, nameFrom }: CellsProps): ReactNode {
  const searchOf = useSearchOf();
  const { tenant, applicationName: application, alias, cartridge, category, lastDecision, release } = entry;
  return (
    <>
      <div role="rowheader" className="name">
        <span>
          {nameFrom === 'tenant' ? <span className="quiet">{tenant} / </span> : null}
          {nameFrom === 'alias' ? null : (
            <>
              <Link to="/applications/$application" params={{ application }} search={searchOf(tenant)}>
                {application}
              </Link>
              {' / '}
            </>
          )}
          <Link to="/applications/$application/$alias" params={{ application, alias }} search={searchOf(tenant)}>
            <strong>{alias}</strong>
          </Link>
        </span>
        <span className="quiet">
          {category === 'LOAD_BALANCER' ? 'load balancer, ' : ''}
          {cartridge}
          {release === null ? '' : `, release ${release}`}
        </span>
      </div>
      <div role="cell">
        <StateWords entry={entry} />
      </div>
      <div role="cell">
        <InstanceCounts counts={entry.counts} />
      </div>
      <div role="cell">
        <Load entry={entry} trend={trend} step={step} />
      </div>
      <div role="cell" className="decision">
        {lastDecision === null ? (
          <span className="quiet">None yet.</span>
        ) : (
          <>
            <bdi className="sentence" title={lastDecision.sentence}>
              {lastDecision.sentence}
            </bdi>{' '}
            <span className="quiet">
              <Time at={lastDecision.at} />
            </span>
          </>
        )}
      </div>
    </>
  );
});
