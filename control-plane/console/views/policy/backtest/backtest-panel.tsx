/** What the policy would have done with what was asked of a service cluster, before it is saved. */
import { useId, useState, type ReactNode } from 'react';
import { Foreign } from '../../../components/foreign.tsx';
import { RefusedNote } from '../../../components/notes.tsx';
import type { User } from '../users.ts';
import { BacktestChart } from './backtest-chart.tsx';
import { ScoresTable } from './scores-table.tsx';
import { useBacktest, type BacktestResult, type Trying } from './use-backtest.ts';
import { toneOf, verdictOf } from './verdict.ts';

/** A text that was tried, and what it came to. */
export interface Tried {
  readonly text: string;
  readonly verdict: string;
}

export interface BacktestPanelProps {
  readonly tenant: string;
  /** Who could try it. */
  readonly users: readonly User[];
  /** On whose past at first. */
  readonly first?: User;
  /** The manifest as it is written now. */
  readonly text: string;
  /** It has no faults that are known. */
  readonly mayTry: boolean;
  readonly tried: Tried | null;
  readonly onTried: (tried: Tried) => void;
}

const SPANS = [
  { seconds: 3_600, name: 'the last hour' },
  { seconds: 6 * 3_600, name: 'the last 6 hours' },
  { seconds: 86_400, name: 'the last day' },
  { seconds: 7 * 86_400, name: 'the last week' },
  { seconds: 14 * 86_400, name: 'the last 2 weeks' },
  { seconds: 31 * 86_400, name: 'the last 31 days' },
] as const;

export function BacktestPanel(props: BacktestPanelProps): ReactNode {
  const { tenant, users, first, text, mayTry, tried, onTried } = props;
  const id = useId();
  const known = first === undefined || users.some((user) => keyOf(user) === keyOf(first)) ? users : [first, ...users];
  const [chosen, setChosen] = useState(first === undefined ? '' : keyOf(first));
  const [seconds, setSeconds] = useState<number>(7 * 86_400);
  const { trying, begin, cancel } = useBacktest((result, question) =>
    onTried({ text: question.policy, verdict: verdictOf({ ...result, seconds: question.seconds }) }),
  );
  const user = known.find((one) => keyOf(one) === chosen) ?? known[0];
  const isBusy = trying.kind === 'asking' || trying.kind === 'waiting' || trying.kind === 'running';
  return (
    <section className="block backtest" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>What it would have done</h2>
      {user === undefined ? (
        <p className="quiet">
          No service cluster uses it, so there is no past to try it on. It can be tried from the page of a service
          cluster’s policy.
        </p>
      ) : (
        <div className="actions">
          <label>
            With what was asked of{' '}
            <select value={keyOf(user)} onChange={({ target }) => setChosen(target.value)}>
              {known.map((one) => (
                <option key={keyOf(one)} value={keyOf(one)}>
                  {keyOf(one)}
                </option>
              ))}
            </select>
          </label>
          <label>
            in{' '}
            <select value={seconds} onChange={({ target }) => setSeconds(Number(target.value))}>
              {SPANS.map((span) => (
                <option key={span.seconds} value={span.seconds}>
                  {span.name}
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            disabled={!mayTry || isBusy}
            onClick={() => begin({ ref: { tenant, ...user }, policy: text, seconds })}
          >
            Try it on the past
          </button>
          {trying.kind === 'waiting' || trying.kind === 'running' ? (
            <button type="button" onClick={cancel}>
              Stop it
            </button>
          ) : null}
        </div>
      )}
      <Progress trying={trying} />
      {trying.kind === 'done' ? (
        <Result result={trying.result} asked={trying.question.seconds} isOld={tried?.text !== text} />
      ) : null}
    </section>
  );
}

function keyOf({ application, alias }: User): string {
  return `${application}/${alias}`;
}

function Progress({ trying }: { readonly trying: Trying }): ReactNode {
  switch (trying.kind) {
    case 'idle':
    case 'done':
      return null;
    case 'asking':
      return <p role="status">It is asked for …</p>;
    case 'waiting':
      return <p role="status">Others are tried before it …</p>;
    case 'running':
      return (
        <p className="backtest-progress">
          <progress value={trying.progress} max={1} aria-label="Tried so far" /> {Math.floor(trying.progress * 100)} %
        </p>
      );
    case 'cancelled':
      return <p role="status">It was stopped.</p>;
    case 'refused':
      return <RefusedNote error={trying.error} />;
  }
}

interface ResultProps {
  readonly result: BacktestResult;
  /** Seconds that were asked about; the last few are not known yet. */
  readonly asked: number;
  readonly isOld: boolean;
}

function Result({ result, asked, isOld }: ResultProps): ReactNode {
  const share = Math.round((100 * result.coveredSeconds) / result.seconds);
  return (
    <>
      {isOld ? <p className="note warning">The policy was changed since: this is what it came to before.</p> : null}
      <p className={`note ${toneOf(result)}`} role="status">
        <strong>{verdictOf({ ...result, seconds: asked })}</strong>
        {share < 100 ? ` ${share < 1 ? 'Less than 1' : share} % of that time is recorded; only this counts.` : ''}
      </p>
      <BacktestChart course={result.course} />
      <ScoresTable result={result} />
      {result.notes.length === 0 ? null : (
        <ul>
          {result.notes.map((note) => (
            <li key={note}>
              <Foreign text={note} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
