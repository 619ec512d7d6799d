/** Says whether what the page shows is what is. */
import type { ReactNode } from 'react';
import { span } from '../components/relative.ts';
import { useNow } from '../components/time.tsx';
import { useConnectionState, useSigned } from '../live/context.tsx';

/** After so long without a word (pings go each five seconds) what is shown may be old. */
const LATE_SECONDS = 8;

export function Freshness(): ReactNode {
  const state = useConnectionState();
  const { connection } = useSigned();
  useNow();
  const silent = (performance.now() - connection.heardAt) / 1_000;
  const isLate = state.kind === 'open' && silent > LATE_SECONDS;
  const [tone, text] = isLate ? (['warning', 'late'] as const) : WORDS[state.kind];
  return (
    <>
      <span className={`word ${tone}`} role="status" aria-label="Connection" data-freshness={tone}>
        {text}
      </span>
      {tone === 'good' ? null : <span className="quiet">as of {span(silent)} ago</span>}
    </>
  );
}

const WORDS = {
  open: ['good', 'live'],
  connecting: ['warning', 'connecting'],
  lost: ['bad', 'not connected, trying again'],
  broken: ['bad', 'not connected'],
  'signed-out': ['bad', 'signed out'],
} as const;
