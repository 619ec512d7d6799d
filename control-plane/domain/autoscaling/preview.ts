/** What steering by hand would do, as one English sentence, made of the decision that would follow. Pure. */
import { describeStop, mostByHand } from './clamps.ts';
import type { Decision, DecisionInput } from './decision.ts';
import { describeFreeze } from './decide.ts';
import { formatCount, formatNumber } from './format.ts';

/** What people do to a service cluster. */
export type Steering =
  | { readonly kind: 'scale'; /** Milliseconds since the epoch. */ readonly until: number }
  | { readonly kind: 'clear-override' | 'pause' | 'resume' | 'shadow' | 'unshadow' }
  | { readonly kind: 'stop'; /** What is under way may take so long to end. */ readonly drainSeconds: number }
  /** `wanted`: what it begins with; null: it was not stopped. */
  | { readonly kind: 'start'; readonly wanted: number | null }
  | {
      readonly kind: 'restart';
      /** The number of the release that is rolled out once more. */
      readonly release: number;
      /** Instances that may be away at the same time. */
      readonly away: number;
    };

const MOST_BY = {
  maximum: 'by its policy',
  quota: 'by the tenant’s quota',
  room: 'by the room of its partitions',
} as const;

/**
 * For example: "web: 3 → 5 instances now; at most 6 by its policy; until 14:05 UTC."
 *
 * @param from instances that are wanted before it
 */
export function describePreview(steering: Steering, decision: Decision, input: DecisionInput, from: number): string {
  const alias = decision.key.split('/').at(-1)!;
  const parts = [sizeOf(from, decision), ...heldBy(decision, input), ...boundsOf(steering, input)];
  return `${alias}: ${parts.join('; ')}.`;
}

function sizeOf(from: number, { acted }: Decision): string {
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
    case 'stop':
      return input.wanted === 0 ? [] : [`what is under way has ${formatNumber(steering.drainSeconds)} s to end`];
    case 'start':
      return [steering.wanted === null ? 'it is not stopped' : 'from then on as the load asks for'];
    case 'restart': {
      const count = input.instances.active + input.instances.starting;
      return [`release ${steering.release} is rolled out once more, ${awayOf(count, steering.away)}`];
    }
    case 'pause':
    case 'resume':
    case 'shadow':
    case 'unshadow':
      return [];
  }
}

function awayOf(count: number, away: number): string {
  if (count === 0) return 'to one instance, which shows that it runs and ends again';
  if (count === 1) return 'to one more instance first, so that one serves throughout';
  return `with ${formatCount(away, 'instance')} away at a time, and at least ${Math.max(0, count - away)} that serve`;
}

/** The time alone while it is within a day, which is clear enough then. */
function timeText(at: number, now: number): string {
  const text = new Date(at).toISOString();
  const time = text.slice(11, 16);
  return at - now < 86_400_000 ? `${time} UTC` : `${text.slice(0, 10)} ${time} UTC`;
}
