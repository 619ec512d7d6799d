/** What is said above the oldest and below the newest line of the page. */
import type { ReactNode } from 'react';
import { RefusedNote } from '../../../components/notes.tsx';
import { exact } from '../../../components/time.tsx';
import type { End, LogFeed } from '../store/log-feed.ts';
import { BOUNDS } from '../store/log-store.ts';
import { count } from '../text/gaps.ts';
import { size } from '../text/plain.ts';

/** @param isNarrowed not every line is asked for */
export function Older({ feed, isNarrowed }: { readonly feed: LogFeed; readonly isNarrowed: boolean }): ReactNode {
  const { older, left } = feed;
  return (
    <div className="log-end">
      {left === 0 ? null : (
        <p>
          {count(left, 'older line')} {left === 1 ? 'has' : 'have'} left this page, which keeps{' '}
          {BOUNDS.entries.toLocaleString('en-US')}: scroll up here to read them again.
        </p>
      )}
      {older.kind === 'end' ? <Beginning isEmpty={feed.store.size === 0} isNarrowed={isNarrowed} /> : null}
      {older.kind === 'loading' ? <Searching end={older} feed={feed} back /> : null}
      {older.kind === 'refused' ? (
        <RefusedNote
          error={older.error}
          again={() => void (feed.store.size === 0 && feed.newer.kind !== 'live' ? feed.begin() : feed.loadOlder())}
        />
      ) : null}
      {older.kind === 'more' || older.kind === 'stopped' ? (
        <p>
          <button type="button" onClick={() => void feed.loadOlder()}>
            Search further back
          </button>
        </p>
      ) : null}
    </div>
  );
}

function Beginning({ isEmpty, isNarrowed }: { readonly isEmpty: boolean; readonly isNarrowed: boolean }): ReactNode {
  if (!isEmpty) return <p>Here the log begins, as far as it is kept{isNarrowed ? ' and asked for' : ''}.</p>;
  return (
    <p>
      {isNarrowed
        ? 'No line that is kept is so: ask for less, or wait for one.'
        : 'Nothing has been written yet: a line appears here as soon as an instance writes one.'}
    </p>
  );
}

export function Newer({ feed }: { readonly feed: LogFeed }): ReactNode {
  const { newer } = feed;
  return (
    <div className="log-end">
      {newer.kind === 'loading' ? <Searching end={newer} feed={feed} /> : null}
      {newer.kind === 'refused' && feed.older.kind !== 'refused' ? (
        <RefusedNote error={newer.error} again={() => void feed.loadNewer()} />
      ) : null}
      {newer.kind === 'stopped' ? (
        <p>
          <button type="button" onClick={() => void feed.loadNewer()}>
            Search on
          </button>
        </p>
      ) : null}
      {newer.kind === 'end' ? <p>Here the time ends that was asked for.</p> : null}
      {newer.kind === 'live' && feed.store.size > 0 && feed.hold === null ? (
        <p>Here is now: new lines come below.</p>
      ) : null}
    </div>
  );
}

function Searching({
  end: { scannedBytes, reachedAt },
  feed,
  back = false,
}: {
  readonly end: Extract<End, { readonly kind: 'loading' }>;
  readonly feed: LogFeed;
  readonly back?: boolean;
}): ReactNode {
  return (
    <p role="status">
      Searching …{' '}
      {reachedAt === null ? null : (
        <>
          {size(scannedBytes)}, {back ? 'back to' : 'up to'} {exact(new Date(reachedAt))}{' '}
          <button type="button" onClick={() => feed.stopSearching()}>
            Stop
          </button>
        </>
      )}
    </p>
  );
}
