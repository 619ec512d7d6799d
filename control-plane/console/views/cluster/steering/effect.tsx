/** What steering by hand would do, as the control plane says it, before it is done. */
import type { ReactNode } from 'react';
import { Foreign } from '../../../components/foreign.tsx';
import { RefusedNote } from '../../../components/notes.tsx';
import {
  SteerPreview,
  type OverrideKind,
  type SteeringAction,
  type SteerPreviewQuery,
} from '../../../generated/operations.ts';
import { useAsk, type Asked } from '../../../live/use-ask.ts';
import { useSettled } from '../../../live/use-settled.ts';
import type { ClusterRef } from '../ref.ts';

export type Preview = SteerPreviewQuery['steeringPreview'];

export interface Steering {
  readonly action: SteeringAction;
  /** For SCALE; null: no number is typed yet. */
  readonly instances?: number | null;
  readonly kind?: OverrideKind;
  readonly forSeconds?: number;
}

/** A number is asked about once it is typed. */
const SETTLED_MILLISECONDS = 250;

/** Asked again when what it rests on changes. */
export function usePreview(ref: ClusterRef, steering: Steering): Asked<SteerPreviewQuery> {
  const text = useSettled(JSON.stringify(steering), SETTLED_MILLISECONDS);
  const { action, instances = null, kind = 'PIN', forSeconds } = JSON.parse(text) as Steering;
  const isComplete = action !== 'SCALE' || instances !== null;
  const [asked] = useAsk(SteerPreview, {
    variables: isComplete ? { ref, action, instances, kind, forSeconds: forSeconds ?? null } : null,
    again: ['cluster.', 'platform.', 'instance.', 'policy.'],
  });
  return asked;
}

/** Why it would not be done; null: it would, as far as is known. */
export function refusalOf(asked: Asked<SteerPreviewQuery>): NonNullable<Preview['refusal']> | null {
  return asked.kind === 'answered' ? asked.result.steeringPreview.refusal : null;
}

export function Effect({ asked }: { readonly asked: Asked<SteerPreviewQuery> }): ReactNode {
  return (
    <div className="effect" role="status">
      <EffectText asked={asked} />
    </div>
  );
}

function EffectText({ asked }: { readonly asked: Asked<SteerPreviewQuery> }): ReactNode {
  if (asked.kind === 'waiting') return <p className="note quiet">What it would do is asked for …</p>;
  if (asked.kind === 'refused') return <RefusedNote error={asked.error} />;
  const { steeringPreview: preview } = asked.result;
  if (preview.refusal !== null) {
    return (
      <p className="note bad">
        <strong>It would be refused.</strong> <Foreign text={preview.refusal.message} />
      </p>
    );
  }
  const { to, otherwise, next, sentence, decision } = preview;
  return (
    <div className="note">
      <p>
        <strong>
          <Foreign text={sentence} />
        </strong>
      </p>
      <p>
        {otherwise === to
          ? 'Without it the next decision would be the same.'
          : `Without it the next decision would be ${otherwise}.`}
      </p>
      {next.length === 0 ? null : <Places next={next} />}
      {decision === null || decision.clamps.length === 0 ? null : (
        <details>
          <summary>What holds it</summary>
          <ol>
            {decision.clamps.map(({ code, from, to: after, detail }, index) => (
              <li key={index}>
                <strong>{code}</strong>: {from === after ? `stays ${after}` : `${from} → ${after}`},{' '}
                <Foreign text={detail} />
              </li>
            ))}
          </ol>
        </details>
      )}
    </div>
  );
}

function Places({ next }: { readonly next: Preview['next'] }): ReactNode {
  const places = new Map<string, number>();
  for (const { partition, hostCluster } of next) {
    const place = `${partition} on ${hostCluster}`;
    places.set(place, (places.get(place) ?? 0) + 1);
  }
  return (
    <p>
      New ones would go to{' '}
      {[...places].map(([place, count]) => (count === 1 ? place : `${place} (${count})`)).join(', ')}.
    </p>
  );
}
