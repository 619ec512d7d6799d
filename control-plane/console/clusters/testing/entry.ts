/** Service clusters for tests: one that runs and needs nobody, but for what is given. */
import type { ClusterEntryFragment } from '../../generated/operations.ts';

export function entryOf(given: Partial<ClusterEntryFragment> = {}): ClusterEntryFragment {
  return {
    uid: '01JA0000000000000000000001',
    tenant: 'acme',
    applicationName: 'shop',
    applicationUid: '01JA0000000000000000000000',
    alias: 'web',
    cartridge: 'nodejs',
    category: 'FRAMEWORK',
    state: 'RUNNING',
    release: 1,
    counts: { wanted: 2, active: 2, starting: 0, leaving: 0, faulty: 0, unreachable: 0 },
    paused: null,
    shadow: false,
    frozen: false,
    override: null,
    factor: {
      name: 'requestsInFlight',
      phrase: 'requests in flight',
      unit: '',
      observed: 31,
      capacity: 50,
      saturated: false,
    },
    queued: 0,
    sampleAgeSeconds: 0,
    rollout: null,
    lastDecision: { at: '2026-01-01T00:00:00.000Z', sentence: 'stays at 2 instances' },
    attention: [],
    ...given,
  };
}
