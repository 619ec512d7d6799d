/**
 * How long a command takes from its start to its end, beside a Node.js that does nothing: each round starts one process of each kind,
 * so that what the machine does meanwhile falls on all of them alike.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Platform } from '../support/platform.ts';
import { ROOT } from '../support/root.ts';
import type { Benchmark, Figure } from './benchmark.ts';
import { median, percentileOfSorted } from './statistics.ts';

const ROUNDS = 40;
/** Not counted: the caches of file system and compiler fill. */
const WARM_UP_ROUNDS = 3;
const APPLICATIONS = 3;
const PROGRAM = join(ROOT, 'dist/control-plane/cli/bin.js');

/** What is started, by the name of its figure. */
const COMMANDS = {
  version: [PROGRAM, '--version'],
  get: [PROGRAM, 'get', 'applications'],
  'get-json': [PROGRAM, 'get', 'applications', '-o', 'json'],
  describe: [PROGRAM, 'describe', 'application', 'shop-1'],
  'complete-name': [PROGRAM, '__complete', '--', 'describe', 'application', 'sh'],
} as const satisfies Record<string, readonly string[]>;
const REFERENCE = ['-e', '0'] as const;

export const cli: Benchmark = {
  name: 'cli',
  description: `the command line against a control plane on this machine with ${APPLICATIONS} applications`,
  async run(report) {
    await using platform = await Platform.start();
    for (let number = 1; number <= APPLICATIONS; number += 1) await platform.apply(application(`shop-${number}`));
    const reference: number[] = [];
    const measured = new Map(Object.keys(COMMANDS).map((name) => [name, [] as number[]]));
    for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round += 1) {
      const isCounted = round >= WARM_UP_ROUNDS;
      const nothing = await seconds(REFERENCE, platform.environment);
      if (isCounted) reference.push(nothing);
      for (const [name, command] of Object.entries(COMMANDS)) {
        const taken = await seconds(command, platform.environment);
        if (isCounted) measured.get(name)!.push(taken);
      }
    }
    report(figuresOf(reference, measured));
  },
};

function figuresOf(reference: readonly number[], measured: ReadonlyMap<string, readonly number[]>): Figure[] {
  const nothing = median(reference);
  const node: Figure = { name: 'node', value: milliseconds(nothing), unit: 'ms', samples: reference.length };
  const others = [...measured].flatMap(([name, samples]): Figure[] => {
    const p95 = percentileOfSorted(Float64Array.from(samples).sort(), 0.95);
    const against = 'node -e 0';
    return [
      {
        ...{
          name: `${name}-median`,
          value: milliseconds(median(samples)),
          unit: 'ms',
          samples: samples.length,
          against,
        },
        ratio: Number((median(samples) / nothing).toPrecision(3)),
      },
      { name: `${name}-p95`, value: milliseconds(p95), unit: 'ms', samples: samples.length },
    ];
  });
  return [node, ...others];
}

/** Rejects where the command fails: what ends at once with an error is not fast. */
async function seconds(command: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, command, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.resume();
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const taken = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`${command.slice(1).join(' ')} ended with ${code}: ${said}`);
  return taken;
}

function milliseconds(value: number): number {
  return Number((value * 1000).toFixed(1));
}

function application(name: string): object {
  const component = { kind: 'cartridge', alias: 'web', cartridge: 'nodejs' };
  return {
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name },
    spec: { components: [component] },
  };
}
