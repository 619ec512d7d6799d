/** The lifecycle of an instance as its agent drives it; each state has just what exists in it. */
import type { AgentState, Reason } from '../../schema/mqtt/status.ts';

export type Lifecycle =
  /** No release runs yet. */
  | { readonly state: 'initialized'; readonly reason?: Reason }
  | { readonly state: 'starting'; readonly release: string; readonly reason?: Reason }
  | { readonly state: 'active'; readonly release: string }
  /** Leaving or changing what serves: switching a release, restarting, draining, stopping. */
  | { readonly state: 'maintenance'; readonly reason: Reason }
  /** The application has ended on purpose and is not started again. */
  | { readonly state: 'ready-to-shutdown' }
  | { readonly state: 'terminated' }
  /** Explained, and still retried with growing pauses. `release` is absent when none could be prepared. */
  | { readonly state: 'faulty'; readonly release?: string; readonly reason: Reason };

const NEXT: Readonly<Record<AgentState, readonly AgentState[]>> = {
  initialized: ['initialized', 'starting', 'faulty', 'maintenance', 'ready-to-shutdown'],
  starting: ['starting', 'active', 'maintenance', 'faulty', 'ready-to-shutdown'],
  active: ['active', 'starting', 'maintenance', 'faulty', 'ready-to-shutdown'],
  maintenance: ['maintenance', 'starting', 'faulty', 'ready-to-shutdown'],
  faulty: ['faulty', 'starting', 'active', 'maintenance', 'ready-to-shutdown'],
  'ready-to-shutdown': ['terminated'],
  terminated: [],
};

/** Whether the lifecycle may go from one state to the next: what was drained never serves again. */
export function isAllowed(from: AgentState, to: AgentState): boolean {
  return NEXT[from].includes(to);
}

export function reasonIn(lifecycle: Lifecycle): Reason | undefined {
  return 'reason' in lifecycle ? lifecycle.reason : undefined;
}
