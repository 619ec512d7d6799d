import { afterEach, describe, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { ProcessGroup } from '../lifecycle/process-group.ts';
import { soon } from '../testing/soon.ts';
import type { Sample } from './sample.ts';
import { Sampler } from './sampler.ts';

describe('a sampler on real processes', () => {
  const groups: ProcessGroup[] = [];
  const samplers: Sampler[] = [];
  afterEach(async () => {
    for (const sampler of samplers.splice(0)) sampler.close();
    await Promise.all(groups.splice(0).map((group) => group.end(0)));
  });

  const start = async (...command: string[]) => {
    const group = await ProcessGroup.start({ command, cwd: '/', environment: { PATH: process.env.PATH ?? '' } });
    group.stdout.resume();
    group.stderr.resume();
    groups.push(group);
    return group;
  };
  const sampleOf = (group: ProcessGroup | undefined, cpuCores: number) => {
    const samples: Sample[] = [];
    const sampler = new Sampler({
      provider: 'process',
      resources: { cpuCores, memoryBytes: 64 * 1024 * 1024 },
      processes: () => group?.tree,
      onSample: (sample) => samples.push(sample),
      onExcess: () => undefined,
      onError: (error) => {
        throw error;
      },
    });
    samplers.push(sampler);
    sampler.start();
    return samples;
  };

  test('runnable threads count whether or not they get a CPU, against the declared CPUs', async () => {
    const spinners = await start('sh', '-c', 'for i in 1 2 3 4; do (while :; do :; done) & done; wait');
    const samples = sampleOf(spinners, 2);
    await soon(() => expect(samples.length).toBeGreaterThanOrEqual(6), 15_000);
    // Four runnable threads on two declared CPUs; this machine's number of CPUs and its other work do not matter. Time that a
    // thread waits is counted when it runs again, on a busy machine in a later sample: the mean is what has to be right.
    const loads = samples.slice(1).map(({ gauges }) => gauges.loadAverage!);
    const mean = loads.reduce((sum, load) => sum + load, 0) / loads.length;
    expect(mean).toBeGreaterThan(160);
    expect(mean).toBeLessThan(240);
  });

  test('short-lived processes are in the counters', async () => {
    const busy = await start(
      'sh',
      '-c',
      'while :; do sh -c "i=0; while [ \\$i -lt 20000 ]; do i=\\$((i+1)); done"; done',
    );
    const samples = sampleOf(busy, 1);
    await soon(() => expect(samples.length).toBeGreaterThanOrEqual(3), 10_000);
    const [first, , third] = samples;
    expect(third!.counters.cpuSeconds! - first!.counters.cpuSeconds!).toBeGreaterThan(0.3);
  });

  test('an idle process has memory and next to no load, and its files are few and closed at the end', async () => {
    const before = readdirSync('/proc/self/fd').length;
    const idle = await start('sleep', '1000');
    const begun = performance.now();
    const samples = sampleOf(idle, 1);
    await soon(() => expect(samples.length).toBeGreaterThanOrEqual(3), 10_000);
    const [, second, third] = samples;
    expect(third!.sequence).toBe(3);
    // None comes early; one may be late, and the next on time.
    expect(third!.at - begun).toBeGreaterThan(1900);
    expect(third!.gauges.loadAverage).toBeLessThan(5);
    expect(third!.gauges.memoryBytes).toBeGreaterThan(100_000);
    expect(third!.gauges.memory).toBeCloseTo((third!.gauges.memoryBytes! / (64 * 1024 * 1024)) * 100, 1);
    expect(third!.counters.memoryByteSeconds).toBeGreaterThan(second!.counters.memoryByteSeconds!);
    for (const sampler of samplers.splice(0)) sampler.close();
    await Promise.all(groups.splice(0).map((group) => group.end(0)));
    await soon(() => expect(readdirSync('/proc/self/fd').length).toBeLessThanOrEqual(before));
  });

  test('without an application there are samples of nothing', async () => {
    const samples = sampleOf(undefined, 1);
    await soon(() => expect(samples.length).toBeGreaterThanOrEqual(1), 5000);
    expect(samples[0]).toMatchObject({
      sequence: 1,
      gauges: { loadAverage: 0, memory: 0, memoryBytes: 0 },
      counters: { cpuSeconds: 0, memoryByteSeconds: 0 },
    });
  });
});
