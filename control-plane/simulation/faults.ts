/** What goes wrong in a run, and when: drawn from the seed before it begins. */
import { between, chance, pick, whole, type Random } from './random.ts';

export type Fault =
  | { readonly kind: 'kill'; readonly effects: number; readonly downSeconds: number }
  /** The process is stopped, and goes on; nobody takes over. */
  | { readonly kind: 'stop'; readonly seconds: number }
  /** The process is stopped, another control plane takes over, and then the first one goes on. */
  | { readonly kind: 'take-over'; readonly seconds: number }
  | { readonly kind: 'broker'; readonly seconds: number; readonly losesRetained: boolean }
  | { readonly kind: 'broker-and-control-plane'; readonly seconds: number; readonly losesRetained: boolean }
  /** Instances that nothing is heard of; half of them or more at once, or one. */
  | { readonly kind: 'partition'; readonly share: number; readonly seconds: number }
  | { readonly kind: 'crash'; readonly instances: number }
  | { readonly kind: 'hang'; readonly seconds: number }
  | { readonly kind: 'lock'; readonly seconds: number }
  | { readonly kind: 'clock'; readonly milliseconds: number }
  | { readonly kind: 'release'; readonly isBad: boolean }
  | { readonly kind: 'scale'; readonly instances: number; readonly seconds: number }
  | { readonly kind: 'freeze'; readonly seconds: number };

export interface Due {
  /** Milliseconds since the run began. */
  readonly at: number;
  readonly fault: Fault;
}

type Kind = Fault['kind'];
const KINDS: { readonly [K in Kind]: (random: Random) => Extract<Fault, { kind: K }> } = {
  kill: (random) => ({ kind: 'kill', effects: whole(random, 0, 30), downSeconds: between(random, 0.5, 40) }),
  stop: (random) => ({ kind: 'stop', seconds: between(random, 1, 70) }),
  'take-over': (random) => ({ kind: 'take-over', seconds: between(random, 2, 40) }),
  broker: (random) => ({ kind: 'broker', seconds: between(random, 1, 80), losesRetained: chance(random, 0.3) }),
  'broker-and-control-plane': (random) => ({
    kind: 'broker-and-control-plane',
    seconds: between(random, 1, 60),
    losesRetained: chance(random, 0.5),
  }),
  partition: (random) => ({
    kind: 'partition',
    share: chance(random, 0.5) ? between(random, 0.5, 1) : 0,
    seconds: between(random, 5, 110),
  }),
  crash: (random) => ({ kind: 'crash', instances: whole(random, 1, 3) }),
  hang: (random) => ({ kind: 'hang', seconds: between(random, 3, 90) }),
  lock: (random) => ({ kind: 'lock', seconds: between(random, 1, 25) }),
  clock: (random) => ({ kind: 'clock', milliseconds: whole(random, -90_000, 90_000) }),
  release: (random) => ({ kind: 'release', isBad: chance(random, 0.3) }),
  scale: (random) => ({ kind: 'scale', instances: whole(random, 1, 9), seconds: between(random, 10, 60) }),
  freeze: (random) => ({ kind: 'freeze', seconds: between(random, 5, 60) }),
};

/** From two to eight, within `[from, to)`, in order of time. */
export function drawFaults(random: Random, from: number, to: number): Due[] {
  const kinds = Object.keys(KINDS) as Kind[];
  return Array.from({ length: whole(random, 2, 8) }, () => ({
    at: between(random, from, to),
    fault: KINDS[pick(random, kinds)](random),
  })).sort((a, b) => a.at - b.at);
}
