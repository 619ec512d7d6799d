/** Reads out what comes, now and then, for who cannot see it; off by choice. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { ANNOUNCE_EVERY_MILLISECONDS, announcement, hear, NOTHING_HEARD } from './announce.ts';
import type { LogFeed } from './store/log-feed.ts';

export function Announcer({ feed, isOn }: { readonly feed: LogFeed; readonly isOn: boolean }): ReactNode {
  const [said, setSaid] = useState('');
  const heard = useRef(NOTHING_HEARD);

  useEffect(() => {
    if (!isOn) return undefined;
    heard.current = NOTHING_HEARD;
    let last = feed.store.newest?.sequence ?? 0;
    let isFirst = feed.store.size === 0;
    const unlisten = feed.onChange(() => {
      const { store } = feed;
      const newest = store.newest?.sequence ?? 0;
      // What was there at first is read by who wants to.
      if (!isFirst && feed.hold === null) {
        for (let index = store.indexOf(last + 1); index < store.size; index += 1)
          heard.current = hear(heard.current, store.at(index));
      }
      isFirst &&= store.size === 0;
      last = Math.max(last, newest);
    });
    const timer = setInterval(() => {
      const text = announcement(heard.current);
      heard.current = NOTHING_HEARD;
      if (text !== '') setSaid(text);
    }, ANNOUNCE_EVERY_MILLISECONDS);
    return () => {
      unlisten();
      clearInterval(timer);
      setSaid('');
    };
  }, [feed, isOn]);
  return (
    <p className="visually-hidden" aria-live="polite">
      {said}
    </p>
  );
}
