/** What steering by hand would do, as one English sentence, made of the decision that would follow. Pure. */
import { describeStop, mostByHand } from './clamps.ts';
import type { Decision, DecisionInput } from './decision.ts';
import { describeFreeze } from './decide.ts';
import { formatCount } from './format.ts';

/** What people do to a service cluster. */
export type Steering =
  | { readonly kind: 'scale'; /** Milliseconds since the epoch. */ readonly until: number }
  | { readonly kind: 'clear-override' | 'pause' | 'resume' | 'shadow' | 'unshadow' };

const MOST_BY = {
  maximum: 'by its policy',
  quota: 'by the tenant’s quota',
  room: 'by the room of its partitions',
} as const;

/** For example: "web: 3 → 5 instances now; at most 6 by its policy; until 14:05 UTC." */
export function describePreview(steering: Steering, decision: Decision, input: DecisionInput): string {
  const alias = decision.key.split('/').at(-1)!;
  const parts = [sizeOf(decision), ...heldBy(decision, input), ...boundsOf(steering, input)];
  return `${alias}: ${parts.join('; ')}.`;
}

function sizeOf({ from, acted }: Decision): string {
  return acted === from
    ? `stays at ${formatCount(from, 'instance')}`
    : `${from} → ${formatCount(acted, 'instance')} now`;
}

/** What keeps it from doing what it decides, whether or not there is anything to do now. */
function heldBy({ to, acted }: Decision, { stopped, paused, frozen, shadow }: DecisionInput): string[] {
  if (stopped !== undefined) return [`${describeStop(stopped)} until it is started`];
  const instead = to === acted ? '' : ` (${formatCount(to, 'instance')} would be wanted)`;
  if (paused) return [`autoscaling is paused until it is resumed${instead}`];
  if (frozen !== null) return [`${describeFreeze(frozen)}${instead}`];
  return shadow ? [`in shadow mode it decides and does nothing${instead}`] : [];
}

function boundsOf(steering: Steering, input: DecisionInput): string[] {
  switch (steering.kind) {
    case 'scale': {
      const { most, by } = mostByHand(input);
      return [`at most ${most} ${MOST_BY[by]}`, `until ${timeText(steering.until, input.now)}`];
    }
    case 'clear-override':
      return ['from then on as the load asks for'];
    case 'pause':
    case 'resume':
    case 'shadow':
    case 'unshadow':
      return [];
  }
}

/** The time alone while it is within a day, which is clear enough then. */
function timeText(at: number, now: number): string {
  const text = new Date(at).toISOString();
  const time = text.slice(11, 16);
  return at - now < 86_400_000 ? `${time} UTC` : `${text.slice(0, 10)} ${time} UTC`;
}
