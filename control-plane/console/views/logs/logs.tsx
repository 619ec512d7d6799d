/** The log of an application: followed, searched, read and saved. */
import { Link, useNavigate, useParams, useRouter, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState, type ReactNode } from 'react';
import { CopyButton } from '../../components/copy-button.tsx';
import { RefusedNote, Waiting } from '../../components/notes.tsx';
import { LogsSources } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useTenant } from '../../shell/tenant.ts';
import { countOf, filterOf, logSearch, type LogSearch } from './address.ts';
import { Announcer } from './announcer.tsx';
import { choicesOf } from './filters/choices.ts';
import { FilterForm } from './filters/filter-form.tsx';
import { rangeOf, textOf, type Chosen } from './list/chosen.ts';
import { LineDetails } from './list/line-details.tsx';
import { LogList } from './list/log-list.tsx';
import { ASSUMED } from './list/use-row-metrics.ts';
import { SaveDialog } from './save-dialog.tsx';
import type { LogFeed } from './store/log-feed.ts';
import type { Line } from './store/entry.ts';
import { count } from './text/gaps.ts';
import { useKeys } from './use-keys.ts';
import { useLogFeed } from './use-log-feed.ts';
import './logs.css';

export default function Logs(): ReactNode {
  const { application = '' } = useParams({ strict: false });
  return <LogsOf key={application} application={application} />;
}

function LogsOf({ application }: { readonly application: string }): ReactNode {
  const tenant = useTenant();
  const [isNarrow] = useState(() => window.matchMedia('(max-width: 48rem)').matches);
  const { tenant: named, ...rest } = useSearch({ strict: false });
  const text = JSON.stringify(rest);
  const search = useMemo(() => logSearch(JSON.parse(text) as Record<string, unknown>), [text]);
  const wrap = search.wrap ?? isNarrow;
  const metrics = useRef(ASSUMED);
  const feed = useLogFeed({ tenant, application, filter: filterOf(search), line: search.line, metrics });
  const { go, hrefOf } = useAddress(application, named, search);
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const [isSaving, setSaving] = useState(false);
  const [isReading, setReading] = useState(true);
  const find = useRef<HTMLDivElement>(null);
  const [sources] = useAsk(LogsSources, {
    variables: { tenant, application },
    again: ['instance.created', 'application.'],
  });

  const toggle = useCallback((sequence: number) => {
    setOpened((before) => {
      const after = new Set(before);
      if (!after.delete(sequence)) after.add(sequence);
      return after;
    });
  }, []);
  const detailsOf = (line: Line): ReactNode => (
    <LineDetails {...{ line, application, search, tenant: named }} href={hrefOf(line.sequence)} />
  );
  useKeys({
    '/': () => find.current?.querySelector('input')?.select(),
    f: () => feed !== null && toggleFollow(feed),
  });

  const refused = feed?.older.kind === 'refused' ? feed.older.error : null;
  if (refused?.code === 'NOT_FOUND')
    return (
      <div className="page logs">
        <title>{`Logs of ${application} · Cartwright`}</title>
        <h1>
          Logs of <bdi>{application}</bdi>
        </h1>
        <RefusedNote error={refused} />
        <p>
          <Link to="/" search={named === undefined ? {} : { tenant: named }}>
            All applications
          </Link>
        </p>
      </div>
    );
  return (
    <div className="page logs">
      <title>{`Logs of ${application} · Cartwright`}</title>
      <div className="page-head">
        <h1>
          Logs of{' '}
          <Link
            to="/applications/$application"
            params={{ application }}
            search={named === undefined ? {} : { tenant: named }}
          >
            <bdi>{application}</bdi>
          </Link>
        </h1>
        <div className="actions">
          <label>
            <input type="checkbox" checked={wrap} onChange={({ target }) => go({ ...search, wrap: target.checked })} />{' '}
            Wrap lines
          </label>
          <label>
            <input type="checkbox" checked={isReading} onChange={({ target }) => setReading(target.checked)} /> Read out
            what comes
          </label>
          <button type="button" onClick={() => setSaving(true)}>
            Save …
          </button>
        </div>
      </div>
      <FilterForm
        search={search}
        choices={choicesOf(sources.kind === 'answered' ? sources.result : null, search)}
        textInput={find}
        refused={refused?.field?.replace('filter.', '') ?? null}
        onChange={go}
      />
      {feed === null ? (
        <Waiting what="the log" />
      ) : (
        <>
          <Controls feed={feed} chosen={chosen} />
          <LogList
            {...{ feed, metrics, chosen, opened, hrefOf, detailsOf }}
            wrap={wrap}
            wanted={search.text ?? ''}
            line={search.line}
            isNarrowed={countOf(filterOf(search)) > 0}
            onChoose={setChosen}
            onToggle={toggle}
            onLink={(line) => go({ ...search, line })}
          />
          <Announcer feed={feed} isOn={isReading} />
        </>
      )}
      {isSaving ? (
        <SaveDialog {...{ tenant, application }} filter={filterOf(search)} onClose={() => setSaving(false)} />
      ) : null}
    </div>
  );
}

/** Following, and what waits while it does not. */
function Controls({ feed, chosen }: { readonly feed: LogFeed; readonly chosen: Chosen | null }): ReactNode {
  const { store, hold, waiting, newer } = feed;
  const range = chosen === null ? null : rangeOf(chosen, store);
  const several = range === null ? 0 : range.to - range.from;
  const isLive = newer.kind === 'live';
  return (
    <div className="log-controls">
      {newer.kind === 'end' ? null : (
        <button type="button" aria-pressed={hold === null} aria-keyshortcuts="f" onClick={() => toggleFollow(feed)}>
          {hold === null ? 'Following' : 'Follow'}
        </button>
      )}
      {hold === null || newer.kind === 'end' || (isLive && waiting === 0) ? null : (
        <button type="button" className="main" onClick={() => void feed.follow()}>
          {waiting === 0
            ? 'Show the newest'
            : `${count(waiting, 'new line')}${isLive ? ': show' : ' and more: show the newest'}`}
        </button>
      )}
      <span className="quiet">{count(store.size, 'line')} in this page</span>
      {several > 1 ? (
        <CopyButton
          key={`${chosen!.anchor} ${chosen!.current}`}
          label={`Copy ${count(several, 'line')}`}
          text={textOf(chosen!, store)}
        />
      ) : null}
      <span className="quiet log-keys">
        <kbd>/</kbd> filter <kbd>f</kbd> follow <kbd>↑</kbd> <kbd>↓</kbd> line <kbd>Enter</kbd> open <kbd>End</kbd>{' '}
        newest
      </span>
    </div>
  );
}

function toggleFollow(feed: LogFeed): void {
  if (feed.hold === null) feed.holdBack('button');
  else void feed.follow();
}

/** Going to other lines, and where a line is. */
function useAddress(application: string, tenant: string | undefined, search: LogSearch) {
  const navigate = useNavigate();
  const router = useRouter();
  const page = useMemo(() => (tenant === undefined ? {} : { tenant }), [tenant]);
  const go = useCallback(
    (next: LogSearch): void => {
      void navigate({
        to: '/logs/$application',
        params: { application },
        search: { ...page, ...next },
        replace: true,
        resetScroll: false,
      });
    },
    [navigate, application, page],
  );
  // Built once: thousands of rows have one each.
  const [before, after] = useMemo(() => {
    const { href } = router.buildLocation({
      to: '/logs/$application',
      params: { application },
      search: { ...page, ...search, line: MARK },
    });
    return href.split(String(MARK), 2) as [string, string];
  }, [router, application, page, search]);
  const hrefOf = useCallback((line: number) => `${before}${line}${after}`, [before, after]);
  return { go, hrefOf };
}

/** A sequence that no line has. */
const MARK = 8_007_199_254_740_991;
