/** How much faster than real time the simulated platform runs: three service clusters of five agents, and a load balancer. */
import { run } from '../../control-plane/simulation/world.ts';
import type { Benchmark } from './benchmark.ts';

const ROUNDS = 12;
const WARM_UP = 4;
const SECONDS = 600;

export const simulation: Benchmark = {
  name: 'simulation',
  description:
    'virtual seconds a second of one core, of a platform with 3 service clusters of 5 agents in calm weather',
  run: async (report) => {
    const factors: number[] = [];
    let events = 0;
    for (let seed = 1; seed <= WARM_UP + ROUNDS; seed += 1) {
      const begun = performance.now();
      const used = process.cpuUsage();
      const result = await run({ seed, seconds: SECONDS, quietSeconds: 0, instances: 5, isCalm: true });
      if (result.failure !== null) throw new Error(`${result.failure.rule}: ${result.failure.detail}`);
      if (seed <= WARM_UP) continue;
      const { user, system } = process.cpuUsage(used);
      events += result.events;
      factors.push((1000 * SECONDS) / (performance.now() - begun), (1e6 * SECONDS) / (user + system));
    }
    const wall = factors.filter((_, index) => index % 2 === 0).sort((a, b) => a - b);
    const cpu = factors.filter((_, index) => index % 2 === 1).sort((a, b) => a - b);
    report([
      { name: 'simulation-speed', value: Math.round(middle(wall)), unit: '× real time', samples: ROUNDS },
      { name: 'simulation-cpu-speed', value: Math.round(middle(cpu)), unit: '× CPU time', samples: ROUNDS },
      { name: 'simulation-events', value: Math.round(events / ROUNDS / SECONDS), unit: '1/s', samples: ROUNDS },
    ]);
  },
};

function middle(sorted: readonly number[]): number {
  return sorted[Math.floor(sorted.length / 2)]!;
}
