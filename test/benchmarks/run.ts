/**
 * `npm run bench -- [NAME …] [--json]`: runs the named benchmarks, or all of them. With `--json` one JSON object a line and
 * figure on stdout; otherwise a table. Exit code 0; 1 when a benchmark failed; 2 for a wrong name or option.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import type { Benchmark, Figure } from './benchmark.ts';
import { BENCHMARKS } from './registry.ts';

const machine = { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: cpus().length, node: process.version };

process.exitCode = await main(process.argv.slice(2));

async function main(arguments_: string[]): Promise<number> {
  const chosen = choose(arguments_);
  if (typeof chosen === 'string') {
    console.error(chosen);
    return 2;
  }
  let failed = 0;
  for (const benchmark of chosen.benchmarks) {
    const why = benchmark.whyNot?.() ?? null;
    if (why !== null) {
      // Only who asks for it by name is let down.
      if (chosen.benchmarks.length < BENCHMARKS.length) failed += 1;
      console.error(`${benchmark.name} was left out: ${why}`);
      continue;
    }
    try {
      if (!chosen.json) head(benchmark);
      await benchmark.run((figures) => print(benchmark, figures, chosen.json));
    } catch (error) {
      failed += 1;
      console.error(
        `${benchmark.name} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    }
  }
  return failed === 0 ? 0 : 1;
}

/** The benchmarks to run, or what is wrong with the arguments and what would be right. */
function choose(arguments_: string[]): { benchmarks: readonly Benchmark[]; json: boolean } | string {
  const names = BENCHMARKS.map(({ name }) => name).join(', ');
  try {
    const { values, positionals } = parseArgs({
      args: arguments_,
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const unknown = positionals.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
    if (unknown !== undefined) return `no benchmark is called ${JSON.stringify(unknown)}; there are: ${names}`;
    const benchmarks =
      positionals.length === 0 ? BENCHMARKS : BENCHMARKS.filter(({ name }) => positionals.includes(name));
    return { benchmarks, json: values.json };
  } catch (error) {
    return `${(error as Error).message}\nusage: npm run bench -- [NAME …] [--json]; names: ${names}`;
  }
}

function head({ name, description }: Benchmark): void {
  console.log(`${name}: ${description}`);
  console.log(`  ${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);
}

function print(benchmark: Benchmark, figures: readonly Figure[], json: boolean): void {
  if (json) {
    for (const figure of figures) console.log(JSON.stringify({ benchmark: benchmark.name, ...figure, machine }));
    return;
  }
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const { name, value, unit, ratio, against, samples } of figures) {
    const compared = ratio === undefined ? '' : `, ${ratio} × ${against ?? 'the reference'}`;
    const shown = String(Number(value.toPrecision(4)));
    console.log(`  ${name.padEnd(width)}  ${shown.padStart(10)} ${unit}  (n = ${samples}${compared})`);
  }
}
