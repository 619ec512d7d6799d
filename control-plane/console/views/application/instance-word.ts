/** Where an instance stands, in one word. */
import type { TopologyInstanceFragment } from '../../generated/operations.ts';

export interface InstanceWord {
  readonly word: string;
  readonly tone: 'good' | 'warning' | 'bad' | '';
}

type Instance = Pick<TopologyInstanceFragment, 'state' | 'unreachable' | 'draining'>;

const STATES: Readonly<Record<Instance['state'], InstanceWord>> = {
  CREATED: { word: 'created', tone: '' },
  INITIALIZED: { word: 'initialized', tone: '' },
  STARTING: { word: 'starting', tone: '' },
  ACTIVE: { word: 'active', tone: 'good' },
  MAINTENANCE: { word: 'maintenance', tone: 'warning' },
  READY_TO_SHUTDOWN: { word: 'ready to shut down', tone: '' },
  FAULTY: { word: 'faulty', tone: 'bad' },
  TERMINATED: { word: 'terminated', tone: '' },
};

/** That it is broken or silent says more than that it is being drained, and that more than its state. */
export function instanceWord({ state, unreachable, draining }: Instance): InstanceWord {
  if (state === 'FAULTY') return STATES.FAULTY;
  if (unreachable) return { word: 'unreachable', tone: 'warning' };
  if (draining !== null)
    return draining.purpose === 'SWITCH' ? { word: 'switching release', tone: '' } : { word: 'draining', tone: '' };
  const known = STATES[state] as InstanceWord | undefined;
  // A control plane that is newer than the page may say something else.
  return known ?? { word: String(state).toLowerCase().replaceAll('_', ' '), tone: '' };
}
