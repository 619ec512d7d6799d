/** What is wrong with an instance, the plainest words first: of all that says so, each thing once. */

interface Said {
  readonly code: string;
  readonly message: string;
}

export interface Trouble {
  readonly tone: 'bad' | 'warning';
  /** In plain words; null: there are none for this code. */
  readonly title: string | null;
  readonly code: string;
  readonly message: string;
  /** ISO 8601; null: now. */
  readonly at: string | null;
}

export interface TroubleOf {
  readonly state: string;
  readonly unreachable: boolean;
  readonly reason: Said | null;
  readonly hookFailure: { readonly hook: string; readonly message: string; readonly at: string } | null;
  readonly observed: { readonly problem: Said | null; readonly detail: string | null } | null;
  readonly agent: { readonly artifacts: readonly { readonly error: Said | null }[] } | null;
  readonly changes: readonly { readonly at: string; readonly to: string; readonly reason: Said | null }[];
}

/** docs/agent.md and docs/kubernetes.md say more of each. */
const TITLES: Readonly<Record<string, string>> = {
  'out-of-memory': 'It ran out of memory',
  'crash-loop': 'It ends again and again',
  'image-pull-failed': 'Its image cannot be pulled',
  unschedulable: 'No node takes it',
  'quota-exceeded': 'The quota of its namespace is used up',
  'pod-refused': 'The host cluster refuses its pod',
  'pod-not-made': 'The host cluster does not make its pod',
  'container-not-created': 'Its container cannot be made',
  evicted: 'It has to leave its node',
  'node-lost': 'Its node is not heard any more',
  'no-start-command': 'Nobody says how to start it',
  'start-command-not-found': 'What starts it is not there',
  'listens-elsewhere': 'It listens where nobody looks for it',
  'port-taken': 'Its port is taken',
  'not-ready-in-time': 'It did not become ready in time',
  unhealthy: 'Its health check fails',
  'hook-failed': 'A hook of its cartridge failed',
  'artifact-fetch-failed': 'Its artifact cannot be fetched',
  'artifact-digest-mismatch': 'Its artifact is not what it should be',
  'artifact-invalid': 'Its artifact cannot be read',
  'artifact-too-large': 'Its artifact is too large',
  'artifact-disk-full': 'There is no room for its artifact',
  'artifact-unsupported': 'Its artifact is of a form that its agent does not know',
  'configuration-fetch-failed': 'Its configuration cannot be fetched',
  'configuration-invalid': 'Its configuration cannot be used',
  'secrets-fetch-failed': 'Its secrets cannot be fetched',
  'process-gone': 'Its processes have ended',
  'never-started': 'It never came up',
  'never-heard': 'Its agent was never heard',
  silent: 'Its agent has been silent for too long',
  lost: 'It is lost with its host cluster',
  'settings-changed': 'It was replaced, as settings have changed',
};

/** Reasons that explain what goes on as it should. */
const NOTES: ReadonlySet<string> = new Set(['waiting-for-release', 'switching', 'restarting', 'draining', 'stopping']);

export function troublesOf(instance: TroubleOf): Trouble[] {
  const { state, unreachable, reason, hookFailure, observed, agent, changes } = instance;
  const found: Trouble[] = [];
  const add = (said: Said | null, tone: Trouble['tone'], at: string | null = null): void => {
    if (said === null || NOTES.has(said.code)) return;
    if (found.some(({ code, message }) => code === said.code && message === said.message)) return;
    found.push({ tone, title: TITLES[said.code] ?? null, ...said, at });
  };
  const isBad = state === 'FAULTY' || state === 'TERMINATED';
  add(reason, isBad ? 'bad' : 'warning');
  add(observed?.problem ?? null, 'bad');
  for (const { error } of agent?.artifacts ?? []) add(error, 'bad');
  if (isBad) {
    // What made it faulty is the answer, also after it was stopped for that.
    const fault = changes.findLast(({ to, reason: why }) => to === 'faulty' && why !== null);
    if (fault !== undefined) add(fault.reason, 'bad', fault.at);
  }
  if (hookFailure !== null)
    add({ code: 'hook-failed', message: `${hookFailure.hook}: ${hookFailure.message}` }, 'warning', hookFailure.at);
  if (observed?.detail) add({ code: 'ended', message: observed.detail }, 'warning');
  if (unreachable && state !== 'TERMINATED')
    add({ code: 'unreachable', message: 'Nothing is heard from its agent; it may still serve.' }, 'bad');
  return found;
}
