/** Lifecycle states as people read them, and how they look. */

/** As `.word` has them. */
export type Tone = 'good' | 'warning' | 'bad' | '';

interface Meaning {
  readonly tone: Tone;
  readonly meaning: string;
}

const MEANINGS: Readonly<Record<string, Meaning>> = {
  created: { tone: 'warning', meaning: 'Asked for; its agent has not reported yet.' },
  initialized: { tone: 'warning', meaning: 'Its agent runs and prepares the application.' },
  starting: { tone: 'warning', meaning: 'The application was started and is not ready yet.' },
  active: { tone: 'good', meaning: 'Ready and serving.' },
  maintenance: { tone: 'warning', meaning: 'Taken out of service on purpose; comes back.' },
  'ready-to-shutdown': { tone: 'warning', meaning: 'Drained; about to be stopped.' },
  terminated: { tone: '', meaning: 'Stopped; kept as a record.' },
  faulty: { tone: 'bad', meaning: 'Known to be broken; being replaced.' },
  unreachable: { tone: 'bad', meaning: 'Nothing is heard from its agent; it may still serve.' },
  reachable: { tone: 'good', meaning: 'Its agent is heard again.' },
};

/** @param state as in GraphQL (READY_TO_SHUTDOWN) or as in events (ready-to-shutdown) */
export function wordOf(state: string): string {
  return state.toLowerCase().replaceAll('_', '-');
}

/** Of a word that this page does not know: no tone and no meaning. */
export function meaningOf(state: string): Meaning {
  return MEANINGS[wordOf(state)] ?? { tone: '', meaning: '' };
}
