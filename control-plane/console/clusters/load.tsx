/** A service cluster's load against what its instances carry, with the last five minutes. */
import { memo, type ReactNode } from 'react';
import type { ClusterEntryFragment } from '../generated/operations.ts';
import { figure, loadShare, shareInWords } from './load-share.ts';
import { trendNow } from './overview-state.ts';
import { sparklinePaths } from './sparkline.ts';
import type { Trend } from './trend.ts';

export interface LoadProps {
  readonly entry: ClusterEntryFragment;
  readonly trend: Trend | null;
  /** The step that it is now, see trend.ts. */
  readonly step: number;
}

export const Load = memo(function Load({ entry, trend, step }: LoadProps): ReactNode {
  const { factor } = entry;
  if (factor === null) return <span className="quiet">no factor</span>;
  const { observed, capacity, phrase, unit } = factor;
  const share = loadShare(factor);
  const behind = unit === '' ? '' : ` ${unit}`;
  return (
    <span className="cluster-load">
      <Sparkline trend={trendNow(entry, trend, step)} />
      <span>
        <strong className={share !== null && share > 1 ? 'share over' : 'share'}>{shareInWords(share)}</strong>{' '}
        <span className="quiet figures">
          {observed === null ? '' : `${figure(observed)}${behind} of ${figure(capacity)}${behind} `}
          {phrase}
        </span>
      </span>
    </span>
  );
});

const SIZE = { width: 96, height: 26, steps: 60 };

/** The figures beside it say what it says. */
function Sparkline({ trend }: { readonly trend: Trend | null }): ReactNode {
  const { demand, capacity } = sparklinePaths(trend?.points ?? [], SIZE);
  return (
    <svg className="sparkline" viewBox={`-1 -1 ${SIZE.width + 2} ${SIZE.height + 2}`} aria-hidden="true">
      <path className="ground" d={`M0 ${SIZE.height}H${SIZE.width}`} />
      <path className="capacity" d={capacity} />
      <path className="demand" d={demand} />
    </svg>
  );
}
