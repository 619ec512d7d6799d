/** What there is to say of a service cluster in single words: its state, and what holds or colours it. */
import { span } from '../components/relative.ts';
import type { ClusterEntryFragment } from '../generated/operations.ts';
import { isLate } from './overview-state.ts';

export interface StateWord {
  readonly word: string;
  readonly tone: 'good' | 'warning' | 'bad' | '';
  /** What it means here, as one sentence. */
  readonly means: string;
}

type State = ClusterEntryFragment['state'];

const STATES: Readonly<Record<State, StateWord>> = {
  DELETING: { word: 'deleting', tone: 'warning', means: 'Its removal was asked for.' },
  BLOCKED: { word: 'blocked', tone: 'bad', means: 'Nothing of its application is started or stopped.' },
  STOPPED: { word: 'stopped', tone: 'warning', means: 'Nothing of it runs until somebody starts it.' },
  WAITING_FOR_RELEASE: { word: 'waiting for a release', tone: '', means: 'Nothing was deployed yet.' },
  ROLLING_OUT: { word: 'rolling out', tone: '', means: 'Instances are being moved to another release.' },
  RETURNING: { word: 'returning', tone: 'warning', means: 'A roll-out is being taken back.' },
  AT_ZERO: { word: 'at zero', tone: '', means: 'No instance is wanted, and none is there.' },
  STARTING: { word: 'starting', tone: 'warning', means: 'No instance serves yet, or any more.' },
  SCALING_UP: { word: 'scaling up', tone: '', means: 'Fewer instances serve than are wanted.' },
  SCALING_DOWN: { word: 'scaling down', tone: '', means: 'More instances serve than are wanted.' },
  RUNNING: { word: 'running', tone: 'good', means: 'As many instances serve as are wanted.' },
};

/** A control plane that is newer than the page may say something else. */
export function stateWord(state: State): StateWord {
  const known = STATES[state] as StateWord | undefined;
  return known ?? { word: String(state).toLowerCase().replaceAll('_', ' '), tone: '', means: '' };
}

/** What most says where an application stands, of the states of its service clusters; the first of these that one is in. */
const TELLING: readonly State[] = [
  ...(['DELETING', 'BLOCKED', 'STARTING', 'RETURNING', 'ROLLING_OUT', 'STOPPED', 'WAITING_FOR_RELEASE'] as const),
  ...(['SCALING_UP', 'SCALING_DOWN', 'RUNNING', 'AT_ZERO'] as const),
];

/** Null: it has no service cluster (yet, or any more). */
export function applicationWord(states: readonly State[]): StateWord | null {
  const told = TELLING.find((state) => states.includes(state)) ?? states[0];
  return told === undefined ? null : stateWord(told);
}

/** Its state first. */
export function wordsOf(entry: ClusterEntryFragment): readonly StateWord[] {
  const words: StateWord[] = [stateWord(entry.state)];
  const { rollout, factor, sampleAgeSeconds } = entry;
  if (rollout !== null && rollout.to !== null && (entry.state === 'ROLLING_OUT' || entry.state === 'RETURNING'))
    words[0] = { ...words[0]!, means: movesOf(rollout) };
  if (factor?.saturated === true)
    words.push({ word: 'queueing', tone: 'warning', means: 'Requests queue or are shed: more is asked than is seen.' });
  if (isLate(entry) && sampleAgeSeconds !== null) {
    const age = span(sampleAgeSeconds);
    words.push({ word: `late, ${age}`, tone: 'warning', means: `Its newest sample is older than ${age}.` });
  }
  return [...words, ...heldBy(entry)];
}

function movesOf({ from, to, instances }: NonNullable<ClusterEntryFragment['rollout']>): string {
  const way = from === null ? `Release ${to}` : `From release ${from} to ${to}`;
  return `${way}: so far ${instances} ${instances === 1 ? 'instance takes' : 'instances take'} it.`;
}

/** What keeps the autoscaler from acting on it; that the whole platform is frozen is said once a page. */
function heldBy({ paused, shadow, override }: ClusterEntryFragment): StateWord[] {
  const held: StateWord[] = [];
  if (paused !== null)
    held.push({ word: 'paused', tone: 'warning', means: `Paused by ${paused.by}: ${paused.reason}` });
  if (shadow) held.push({ word: 'shadow', tone: '', means: 'Decisions are made and recorded, and not acted on.' });
  if (override !== null) {
    const { kind, instances, by, reason } = override;
    const word = kind === 'PIN' ? `pinned at ${instances}` : `at least ${instances}`;
    held.push({ word, tone: '', means: `Set by ${by}: ${reason}` });
  }
  return held;
}
