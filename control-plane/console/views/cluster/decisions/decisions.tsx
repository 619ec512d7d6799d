/** What the autoscaler decided, as sentences; that it did nothing, too, and why. */
import { useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Foreign } from '../../../components/foreign.tsx';
import { EmptyNote, RefusedNote, Waiting } from '../../../components/notes.tsx';
import { span } from '../../../components/relative.ts';
import { Time } from '../../../components/time.tsx';
import type { DecisionFeed, DecisionsState } from './decision-feed.ts';
import type { Decision } from './decision-list.ts';
import { DecisionRecord } from './decision-record.tsx';

export interface DecisionsProps {
  readonly feed: DecisionFeed;
  readonly state: DecisionsState;
  /** Brings the moment of a decision into the chart. */
  readonly onShow: (decision: Decision) => void;
}

/** So few at first that what stands below is found on a phone. */
const FIRST_SHOWN = 15;
const NEXT_SHOWN = 50;

/** Where a decision is found in the page's address. */
export function decisionHash(uid: string): string {
  return `decision-${uid}`;
}

export function Decisions({ feed, state, onShow }: DecisionsProps): ReactNode {
  const [actionsOnly, setActionsOnly] = useState(false);
  const [most, setMost] = useState(FIRST_SHOWN);
  const { hash } = useLocation();
  const which = actionsOnly ? 'actions' : 'all';
  const { decisions, before } = state[which];
  const linked = hash.startsWith('decision-') ? hash.slice('decision-'.length) : null;
  const shown = decisions.slice(-most).reverse();
  const isListed = linked === null || shown.some(({ uid }) => uid === linked);
  const showOlder = (): void => {
    setMost(most + NEXT_SHOWN);
    if (most + NEXT_SHOWN > decisions.length) void feed.loadOlder(which);
  };
  return (
    <section className="block decisions" aria-label="Decisions">
      <div className="decisions-head">
        <h2>Decisions</h2>
        <label>
          <input type="checkbox" checked={actionsOnly} onChange={({ target }) => setActionsOnly(target.checked)} />{' '}
          Actions only
        </label>
      </div>
      {state.kind === 'waiting' ? <Waiting what="the decisions" /> : null}
      {state.error === null ? null : <RefusedNote error={state.error} again={() => void feed.loadOlder(which)} />}
      {!isListed && state.kind === 'known' ? <LinkedDecision uid={linked} /> : null}
      {state.kind === 'known' && decisions.length === 0 ? (
        <EmptyNote title={actionsOnly ? 'Nothing was done yet.' : 'Nothing was decided yet.'}>
          <p>The autoscaler decides once the first instance is active and its window has filled.</p>
        </EmptyNote>
      ) : null}
      <ol className="plain decision-list" reversed>
        {shown.map((decision, index) => (
          <DecisionItem
            key={decision.uid}
            decision={decision}
            isNewest={index === 0 && !actionsOnly}
            isLinked={decision.uid === linked}
            onShow={onShow}
          />
        ))}
      </ol>
      {before === null && shown.length === decisions.length ? null : (
        <button type="button" disabled={state.isLoading} onClick={showOlder}>
          {state.isLoading ? 'Loading …' : 'Older ones'}
        </button>
      )}
    </section>
  );
}

interface ItemProps {
  readonly decision: Decision;
  /** Nothing else was decided since. */
  readonly isNewest: boolean;
  readonly isLinked: boolean;
  readonly onShow: (decision: Decision) => void;
}

function DecisionItem({ decision, isNewest, isLinked, onShow }: ItemProps): ReactNode {
  const { uid, at, acted, sentence } = decision;
  const [isOpen, setOpen] = useState(isLinked);
  const element = useRef<HTMLLIElement>(null);
  const navigate = useNavigate();
  useEffect(() => {
    if (!isLinked) return;
    setOpen(true);
    element.current?.scrollIntoView({ block: 'nearest' });
  }, [isLinked]);
  const toggle = (isNow: boolean): void => {
    if (isNow === isOpen) return;
    setOpen(isNow);
    const hash = isNow ? decisionHash(uid) : '';
    if (isNow || isLinked)
      void navigate({ to: '.', search: true, hash, replace: true, resetScroll: false, hashScrollIntoView: false });
  };
  return (
    <li ref={element} id={decisionHash(uid)} className={acted ? 'acted' : ''}>
      <details open={isOpen} onToggle={({ currentTarget }) => toggle(currentTarget.open)}>
        <summary>
          <span className="decision-when">
            <span className={`word ${acted ? 'good' : ''}`}>{wordOf(decision)}</span> <Time at={at} />
            {acted ? null : <span className="quiet"> {runOf(decision, isNewest)}</span>}
          </span>
          <span className="decision-sentence">
            <Foreign text={sentence} />
          </span>
        </summary>
        {isOpen ? (
          <>
            <DecisionRecord uid={uid} />
            <p>
              <button type="button" onClick={() => onShow(decision)}>
                Show it on the chart
              </button>
            </p>
          </>
        ) : null}
      </details>
    </li>
  );
}

function LinkedDecision({ uid }: { readonly uid: string }): ReactNode {
  const element = useRef<HTMLElement>(null);
  useEffect(() => element.current?.scrollIntoView({ block: 'nearest' }), [uid]);
  return (
    <section ref={element} className="note" aria-label="The decision that the link names" id={decisionHash(uid)}>
      <DecisionRecord uid={uid} hasSentence />
    </section>
  );
}

function wordOf({ acted, from, to }: Decision): string {
  if (!acted) return 'no action';
  return `${from} → ${to}`;
}

/** How long it was so. */
function runOf({ at, lastAt, count }: Decision, isNewest: boolean): string {
  if (isNewest) return '· still so';
  const seconds = (Date.parse(lastAt) - Date.parse(at)) / 1_000;
  return count === 1 ? '' : `· ${count} times in ${span(seconds)}`;
}
