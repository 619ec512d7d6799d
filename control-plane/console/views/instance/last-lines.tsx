/** The last lines that an instance wrote, as they come. */
import { Link } from '@tanstack/react-router';
import { useMemo, useRef, type ReactNode } from 'react';
import { RefusedNote, Waiting } from '../../components/notes.tsx';
import { LogRow } from '../logs/list/log-row.tsx';
import { ASSUMED } from '../logs/list/use-row-metrics.ts';
import { dayOf } from '../logs/text/plain.ts';
import { useLogFeed } from '../logs/use-log-feed.ts';
import '../logs/logs.css';

const SHOWN = 20;

export interface LastLinesProps {
  readonly tenant: string;
  readonly application: string;
  readonly alias: string;
  readonly uid: string;
  /** The tenant that links go on with. */
  readonly named: string | undefined;
}

export function LastLines({ tenant, application, alias, uid, named }: LastLinesProps): ReactNode {
  const filter = useMemo(() => ({ alias, instance: uid }), [alias, uid]);
  const metrics = useRef(ASSUMED);
  const feed = useLogFeed({ tenant, application, filter, line: undefined, metrics });
  const search = { ...(named === undefined ? {} : { tenant: named }), ...filter };
  const link = (
    <Link to="/logs/$application" params={{ application }} search={search}>
      All lines of this instance
    </Link>
  );
  if (feed === null) return <Waiting what="its lines" />;
  const { store, older } = feed;
  if (store.size === 0) {
    if (older.kind === 'refused') return <RefusedNote error={older.error} again={() => void feed.begin()} />;
    if (older.kind !== 'end') return <Waiting what="its lines" />;
    return <p>It has written nothing that is kept. {link}</p>;
  }
  const from = Math.max(0, store.size - SHOWN);
  const entries = Array.from({ length: store.size - from }, (_, index) => store.at(from + index));
  const query = new URLSearchParams(search);
  return (
    <>
      <div
        className="log-scroller log-wrapped instance-lines"
        role="log"
        aria-live="off"
        aria-label="Last lines"
        tabIndex={0}
      >
        <div>
          {entries.map((entry) => (
            <LogRow
              key={entry.sequence}
              entry={entry}
              wanted=""
              today={dayOf(Date.now())}
              href={`/logs/${encodeURIComponent(application)}?${query.toString()}&line=${entry.sequence}`}
              {...{ isOpen: false, isCurrent: false, isChosen: false, details: null }}
            />
          ))}
        </div>
      </div>
      <p>{link}</p>
    </>
  );
}
