/** `simulate`: loaded when it is asked for. */
import type { Command } from 'commander';
import { more } from '../help.ts';
import type { Io } from '../io.ts';
import type { Printer } from '../output/printer.ts';
import type { SimulateOptions } from './simulate-options.ts';

const several = (value: string, previous: readonly string[] = []): readonly string[] => [...previous, value];

export function registerSimulateCommand(program: Command, io: Io, printer: () => Printer): void {
  program
    .command('simulate')
    .description('run scalers against traces of load in virtual time, and score them; needs no control plane')
    .option(
      '--trace <file>',
      'CSV with the header t_seconds,requests_per_second, or a folder of such; repeatable',
      several,
    )
    .option(
      '--part <from+length>',
      'only so much of each trace that reaches so far, such as 2d+2d or 25%+1h; shorter ones whole',
    )
    .option('--scaler <names>', 'cartwright, hpa, kpa, fixed, oracle; several with commas; repeatable', several)
    .option('--policy <file>', 'an AutoscalingPolicy; the defaults of the platform otherwise')
    .option('--peak <replicas>', 'rescale each trace so that its highest rate requires so many replicas')
    .option('--seed <n>', 'everything that is drawn follows from it', '1')
    .option('--equal-cost', 'also compare at the replica-hours of cartwright, each scaler by a target of its own')
    .option('--fluid', 'without chance: requests as a fluid, much faster')
    .option('--steps', 'each rate holds for its whole step; otherwise the load goes from one step to the next')
    .option('--out <dir>', 'write each run second by second, all scores and a report to this folder')
    .option('--scores-of <dir>', 'compute the scores of such a folder again from the files of its runs, and compare')
    .option('--concurrency <n>', 'requests that a replica serves at once (8)')
    .option('--service-seconds <s>', 'mean time of service (0.1)')
    .option(
      '--service-shape <s>',
      'standard deviation of the logarithm of the time of service (0.5); 0: always the mean',
    )
    .option('--service-location <s>', 'the part of the time of service that is always the same (0)')
    .option('--slo <s>', 'also the share of the requests that are answered within so long')
    .option('--quota <n>', 'all traces at once, with so many replicas among them, first come, first served')
    .option('--queue <n>', 'requests that may wait (1000)')
    .option('--timeout <s>', 'a request has failed after so long (5)')
    .option('--start-seconds <s>', 'until a replica serves (20)')
    .option('--start-jitter <share>', 'each start takes up to this share more or less (0.1)')
    .option('--start-cost <s>', 'for so long after it began to serve, a replica needs half of itself (0)')
    .option('--failing-starts <share>', 'share of the starts that fail and are begun again after 10 s (0)')
    .option('--silent-agents <share>', 'share of the replicas that say nothing of their load, for a minute each (0)')
    .option('--backend-capacity <n>', 'requests that one backend behind all replicas serves at once (no backend)')
    .option('--fail-fast <from-to>', 'seconds in which every request fails at once; repeatable', several)
    .option('--telemetry-delay <s>', 'until a scaler sees what happened, in whole seconds (1)')
    .option('--telemetry-noise <share>', 'standard deviation of what one replica reports (0.05)')
    .addHelpText(
      'after',
      more({
        text: ['What is simulated, and how it is scored: docs/elasticity.md'],
        examples: [
          'cartwright simulate --trace day.csv --scaler cartwright,hpa,kpa --peak 20',
          'cartwright simulate --trace traces/ --out results',
        ],
      }),
    )
    .action(async (options: Omit<SimulateOptions, 'scaler'> & { scaler?: readonly string[] }) => {
      const { simulate } = await import('./simulate.ts');
      await simulate(io, printer(), { ...options, scaler: options.scaler ?? ['cartwright'] });
    });
}
