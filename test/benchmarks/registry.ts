/** Every benchmark, by name. A new one is one line here. */
import type { Benchmark } from './benchmark.ts';
import { cli } from './cli.ts';
import { console_ } from './console/console.ts';
import { decide } from './decide.ts';
import { ingest } from './ingest/ingest.ts';
import { kubernetes } from './kubernetes/kubernetes.ts';
import { lb } from './lb.ts';
import { logSearch } from './log-search.ts';
import { reaction } from './reaction.ts';
import { rollout } from './rollout.ts';
import { simulation } from './simulation.ts';

export const BENCHMARKS: readonly Benchmark[] = [
  cli,
  console_,
  decide,
  ingest,
  kubernetes,
  lb,
  logSearch,
  reaction,
  rollout,
  simulation,
];
