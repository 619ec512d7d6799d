/** The full record of a decision: every proposal with its numbers, every clamp in its order, what came of it. */
import { useState, type ReactNode } from 'react';
import { quantityOf } from '../../../chart/factors.ts';
import { formatFigure } from '../../../chart/format.ts';
import { CopyButton } from '../../../components/copy-button.tsx';
import { Foreign } from '../../../components/foreign.tsx';
import { RefusedNote, Waiting } from '../../../components/notes.tsx';
import { exact } from '../../../components/time.tsx';
import { ClusterDecisionRecord, type ClusterDecisionRecordQuery } from '../../../generated/operations.ts';
import { useAsk } from '../../../live/use-ask.ts';
import { ForecastersTable } from '../forecasters.tsx';
import { DecisionInstances } from './decision-instances.tsx';
import { Replay } from './replay.tsx';
import { SituationTable } from './situation-table.tsx';
import { situationRows } from './situation.ts';

type Record = NonNullable<ClusterDecisionRecordQuery['decision']>;
type Detail = Record['detail'];

export function DecisionRecord({
  uid,
  hasSentence = false,
}: {
  readonly uid: string;
  readonly hasSentence?: boolean;
}): ReactNode {
  const [asked, again] = useAsk(ClusterDecisionRecord, { variables: { uid } });
  if (asked.kind === 'waiting') return <Waiting what="the record" />;
  if (asked.kind === 'refused') return <RefusedNote error={asked.error} again={again} />;
  const { decision } = asked.result;
  if (decision === null) return <p>There is no such decision any more: decisions are kept for 30 days.</p>;
  const { detail } = decision;
  return (
    <div className="decision-record">
      {hasSentence ? (
        <p>
          <Foreign text={decision.sentence} />
        </p>
      ) : null}
      <Facts decision={decision} />
      <SituationTable rows={decision.situation && situationRows(decision.situation, detail.proposals)} />
      <h3>Proposals</h3>
      {detail.proposals.length === 0 ? <p>None: its policy has no factor.</p> : <Proposals detail={detail} />}
      <h3>Clamps, in their order</h3>
      <Clamps detail={detail} />
      {decision.acted && decision.to > decision.from ? <DecisionInstances uid={uid} /> : null}
      <Replay uid={uid} isKept={decision.input !== null} />
      <Inputs decision={decision} />
      <p className="actions">
        <CopyButton text={linkTo(uid)} label="Copy a link to this decision" />
      </p>
    </div>
  );
}

function linkTo(uid: string): string {
  const url = new URL(window.location.href);
  url.hash = `decision-${uid}`;
  return url.href;
}

function Facts({ decision }: { readonly decision: Record }): ReactNode {
  const { at, lastAt, count, from, to, reasonCode, detail } = decision;
  return (
    <dl className="facts">
      <dt>Made</dt>
      <dd>
        {exact(new Date(at))}
        {count === 1 ? '' : `, the last of ${count} equal ones ${exact(new Date(lastAt))}`}
      </dd>
      <dt>Instances</dt>
      <dd>
        {from} were wanted, {detail.recommended} recommended, {to} after all clamps, acted on with {detail.acted}
      </dd>
      <dt>Settled by</dt>
      <dd>
        {reasonCode}
        {detail.factor === null ? '' : `; the largest proposal is of ${quantityOf(detail.factor).title}`}
      </dd>
      <dt>Decider</dt>
      <dd>version {detail.deciderVersion}</dd>
    </dl>
  );
}

function Proposals({ detail }: { readonly detail: Detail }): ReactNode {
  return (
    <ul className="plain proposals">
      {detail.proposals.map((proposal) => {
        const { title, unit } = quantityOf(proposal.factor);
        const figure = (value: number): string => `${formatFigure(value)}${unit}`;
        const { forecast } = proposal;
        return (
          <li key={proposal.factor}>
            <p>
              <strong>{title}</strong>{' '}
              {proposal.instances === null ? 'takes no part' : `proposes ${proposal.instances}`}
              {proposal.needed === null ? '' : ` (${formatFigure(proposal.needed)} before rounding)`}:{' '}
              <Foreign text={proposal.reason} />
              {proposal.saturated ? '; requests queue: the observed value understates the demand' : ''}
            </p>
            <dl className="facts">
              <dt>Target of an instance</dt>
              <dd>
                {figure(proposal.target)}
                {proposal.base === 0 ? '' : `, of which ${figure(proposal.base)} do not divide`}
              </dd>
              {forecast === null ? null : (
                <>
                  <dt>Now</dt>
                  <dd>
                    {figure(forecast.level)}, slope {signed(forecast.slope)}
                    {unit} a second (±{formatFigure(forecast.slopeStandardError)}), acceleration{' '}
                    {forecast.accelerationSignificant
                      ? `${signed(forecast.acceleration)} (±${formatFigure(forecast.accelerationStandardError)})`
                      : 'not significant'}
                  </dd>
                  <dt>In {formatFigure(forecast.horizonSeconds)} s</dt>
                  <dd>
                    {figure(forecast.predicted)} (±{formatFigure(forecast.error)})
                  </dd>
                </>
              )}
            </dl>
            {forecast?.forecasters ? (
              <details>
                <summary>What each forecaster said</summary>
                <ForecastersTable forecasters={forecast.forecasters} unit={unit} />
              </details>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${formatFigure(value)}`;
}

function Clamps({ detail: { clamps } }: { readonly detail: Detail }): ReactNode {
  if (clamps.length === 0) return <p>None.</p>;
  return (
    <ol>
      {clamps.map(({ code, from, to, detail }, index) => (
        <li key={index}>
          <strong>{code}</strong>: {from === to ? `stays ${to}` : `${from} → ${to}`}, <Foreign text={detail} />
        </li>
      ))}
    </ol>
  );
}

function Inputs({ decision: { input } }: { readonly decision: Record }): ReactNode {
  const [isOpen, setOpen] = useState(false);
  if (input === null) return null;
  return (
    <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>All inputs</summary>
      {isOpen ? <pre className="inputs">{JSON.stringify(input, null, 2)}</pre> : null}
    </details>
  );
}
