/** What a roll-out has done with each instance so far. */
import type { MovedInstanceFragment, RolloutFactsFragment } from '../../generated/operations.ts';
import { word, type Tone } from '../words.ts';

export type Rollout = RolloutFactsFragment;
export type Moved = MovedInstanceFragment;

export interface MovedRow {
  readonly uid: string;
  readonly state: string;
  readonly tone: Tone;
  /** Number of the release that it runs; null: none yet. */
  readonly release: number | null;
  /** What the roll-out does with it, in a few words. */
  readonly step: string;
  /** Whether it is where the roll-out wants it: serving the release that all are moved to. */
  readonly isDone: boolean;
  /** Why it is in its state, where there is something to say. */
  readonly reason: string | null;
  readonly createdAt: string;
}

/** @param rollout null: none is under way @returns in the order in which they get the release, then the others */
export function movedRows(rollout: Rollout | null, instances: readonly Moved[]): MovedRow[] {
  const turn = (uid: string): number => {
    const index = rollout?.instanceUids.indexOf(uid) ?? -1;
    return index === -1 ? Infinity : index;
  };
  return [...instances]
    .sort((a, b) => turn(a.uid) - turn(b.uid) || (a.uid < b.uid ? -1 : 1) || 0)
    .map((instance) => rowOf(rollout, instance));
}

/** How many of the instances are where the roll-out wants them. */
export function doneOf(rows: readonly MovedRow[]): { readonly done: number; readonly all: number } {
  return { done: rows.filter(({ isDone }) => isDone).length, all: rows.length };
}

function rowOf(rollout: Rollout | null, instance: Moved): MovedRow {
  const { uid, state, unreachable, reason, release, createdAt } = instance;
  return {
    uid,
    state: `${word(state)}${unreachable ? ', unreachable' : ''}`,
    tone: toneOf(instance),
    release: release?.number ?? null,
    step: stepOf(rollout, instance),
    isDone: isDone(rollout, instance),
    reason: reason === null ? null : reason.message,
    createdAt,
  };
}

function toneOf({ state, unreachable }: Moved): Tone {
  if (state === 'FAULTY') return 'bad';
  if (unreachable) return 'warning';
  return state === 'ACTIVE' ? 'good' : '';
}

/** The release that all instances are to run in the end. */
function aim(rollout: Rollout): string | undefined {
  const isBack = rollout.state === 'RETURNING' || rollout.state === 'RETURNED';
  return (isBack ? rollout.fromRelease : rollout.toRelease)?.uid;
}

function isDone(rollout: Rollout | null, { state, release, draining }: Moved): boolean {
  const serves = state === 'ACTIVE' && draining === null;
  return rollout === null ? serves : serves && release !== null && release.uid === aim(rollout);
}

function stepOf(rollout: Rollout | null, instance: Moved): string {
  const { uid, state, draining } = instance;
  if (draining?.purpose === 'STOP' || state === 'READY_TO_SHUTDOWN') return 'finishes its requests, then stops';
  if (rollout === null) return state === 'ACTIVE' ? 'serves' : 'starts';
  if (isDone(rollout, instance)) return 'done';
  const takes = rollout.instanceUids.includes(uid);
  if (state === 'FAULTY') return takes ? 'failed with the new release' : 'broken';
  if (rollout.state === 'RETURNING') return 'is being moved back';
  if (draining !== null) return 'finishes its requests, then switches';
  return takes ? stepOfTaking(instance) : state === 'ACTIVE' ? 'waits for its turn' : 'starts';
}

function stepOfTaking({ state, release }: Moved): string {
  return state === 'ACTIVE' && release !== null ? 'is being switched' : 'starts the new release';
}
