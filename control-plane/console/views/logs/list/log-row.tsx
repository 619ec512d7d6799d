/** One entry of the log. What is done with it is told by `data-do` to the list, which listens once for all of its rows. */
import { memo, type ReactNode } from 'react';
import type { Entry, Gap, Line } from '../store/entry.ts';
import { SHOWN_CHARACTERS } from '../store/row-height.ts';
import { gapAdvice, gapText } from '../text/gaps.ts';
import { looksLikeJson } from '../text/json.ts';
import { clock, short, size } from '../text/plain.ts';
import { LineText } from './line-text.tsx';

export interface LogRowProps {
  readonly entry: Entry;
  readonly wanted: string;
  /** When the present day began. */
  readonly today: number;
  /** Address of the page about this line. */
  readonly href: string;
  readonly isOpen: boolean;
  readonly isCurrent: boolean;
  readonly isChosen: boolean;
  /** What is shown below it while it is open. */
  readonly details: ReactNode;
}

export const LogRow = memo(
  function LogRow({ entry, isCurrent, isChosen, details, ...rest }: LogRowProps): ReactNode {
    const level = entry.kind === 'line' ? ` log-${entry.level ?? 'none'}` : ' log-gap';
    return (
      <div
        className={`log-row${level}${isChosen ? ' log-chosen' : ''}`}
        data-sequence={entry.sequence}
        tabIndex={-1}
        aria-current={isCurrent ? 'true' : undefined}
      >
        {entry.kind === 'gap' ? <GapRow gap={entry} today={rest.today} /> : <LineRow line={entry} {...rest} />}
        {details}
      </div>
    );
  },
  (before, after) =>
    before.entry.sequence === after.entry.sequence &&
    before.entry.kind === after.entry.kind &&
    before.details === after.details &&
    before.href === after.href &&
    (['wanted', 'today', 'isOpen', 'isCurrent', 'isChosen'] as const).every((name) => before[name] === after[name]),
);

function LineRow({
  line,
  wanted,
  today,
  href,
  isOpen,
}: { readonly line: Line } & Pick<LogRowProps, 'wanted' | 'today' | 'href' | 'isOpen'>): ReactNode {
  const { at, alias, instance, stream, level, text } = line;
  const isLong = text.length > SHOWN_CHARACTERS;
  return (
    <div className="log-line">
      <button
        type="button"
        className="plain log-open"
        data-do="open"
        tabIndex={-1}
        aria-expanded={isOpen}
        aria-label={`${isOpen ? 'Close' : 'Open'} line ${line.sequence}`}
      >
        {isOpen ? '▾' : looksLikeJson(text) ? '{}' : '▸'}
      </button>
      <a className="log-time" href={href} data-do="link" tabIndex={-1}>
        <time dateTime={new Date(at).toISOString()}>{clock(at, today)}</time>
      </a>
      <span className="log-source">
        <bdi>{alias}</bdi>/{short(instance)}
        {stream === 'stdout' ? null : (
          <>
            {' '}
            <bdi>{stream}</bdi>
          </>
        )}
      </span>
      <span className="log-level">{level === null ? '' : level.toUpperCase()}</span>
      <span className="log-text">
        <LineText text={text} length={SHOWN_CHARACTERS} wanted={wanted} />
        {isLong ? (
          <button type="button" className="log-more" data-do="open" tabIndex={-1}>
            … show all ({size(text.length)})
          </button>
        ) : null}
      </span>
    </div>
  );
}

function GapRow({ gap, today }: { readonly gap: Gap; readonly today: number }): ReactNode {
  const advice = gapAdvice(gap);
  return (
    <p className="log-missing">
      {gap.at === null ? null : <time dateTime={new Date(gap.at).toISOString()}>{clock(gap.at, today)} </time>}
      {gap.alias === null ? null : (
        <>
          <bdi>{gap.alias}</bdi>
          {gap.instance === null ? null : `/${short(gap.instance)}`}{' '}
        </>
      )}
      <strong>{gapText(gap)}.</strong> {advice}
    </p>
  );
}
