/** The feed of a page of logs: begun anew when other lines are asked for. */
import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useSigned } from '../../live/context.tsx';
import type { Filter } from './address.ts';
import { logSource } from './source.ts';
import { LogFeed } from './store/log-feed.ts';
import { LogStore } from './store/log-store.ts';
import { estimatedHeight, type RowMetrics } from './store/row-height.ts';

export interface LogPage {
  readonly tenant: string;
  readonly application: string;
  readonly filter: Filter;
  /** Sequence of the line that the page is about; undefined: it begins with the newest. */
  readonly line: number | undefined;
  /** Of rows that are not measured yet. */
  readonly metrics: { readonly current: RowMetrics };
}

/** Null until it has begun. The component is rendered with each change of it, once a frame at most while lines come. */
export function useLogFeed({ tenant, application, filter, line, metrics }: LogPage): LogFeed | null {
  const { connection } = useSigned();
  const [feed, setFeed] = useState<LogFeed | null>(null);
  const asked = useRef<number | undefined>(undefined);
  const key = JSON.stringify([tenant, application, filter]);

  useEffect(() => {
    const begun = new LogFeed({
      source: logSource(connection, { tenant, application, filter }, Date.now()),
      makeStore: () => new LogStore((entry) => estimatedHeight(metrics.current, entry)),
      schedule: (flush) => {
        const frame = requestAnimationFrame(flush);
        return () => cancelAnimationFrame(frame);
      },
    });
    asked.current = line;
    setFeed(begun);
    void (line === undefined ? begun.begin() : begun.beginAt(line));
    return () => begun.close();
  }, [connection, key]);

  useEffect(() => {
    if (feed === null || line === undefined || line === asked.current) return;
    asked.current = line;
    const { store } = feed;
    const index = store.indexOf(line);
    if (index === store.size || store.at(index).sequence !== line) void feed.beginAt(line);
  }, [feed, line]);

  const listen = useCallback((listener: () => void) => feed?.onChange(listener) ?? (() => undefined), [feed]);
  useSyncExternalStore(listen, () => feed?.version ?? 0);
  return feed;
}
