/** Commands that take the autoscaler by the hand. */
import type { Command } from 'commander';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

export function registerScalingCommands(program: Command, withSession: WithSession): void {
  printsNames(program.command('scale <target> [instances]'))
    .description('hold APPLICATION[/ALIAS] at a number of instances for a time; bounds and quota still hold')
    .option('--at-least <n>', 'a floor instead of an exact number')
    .option('--clear', 'end the manual number')
    .option('--reason <text>', 'why; shown to everybody who looks', 'scaled by hand')
    .option('--for <duration>', 'how long, such as 30m, 2h or 1d; an hour if absent')
    .action((target: string, instances: string | undefined, options: ScaleCommandOptions) =>
      withSession(async (session) => (await import('./scaling.ts')).scale(session, target, instances, options)),
    );
  printsNames(program.command('pause <target>'))
    .description('pause the scaling of APPLICATION[/ALIAS]; broken instances are still replaced')
    .requiredOption('--reason <text>', 'why; shown to everybody who looks')
    .action((target: string, options: { reason: string }) =>
      withSession(async (session) => (await import('./scaling.ts')).pause(session, target, options)),
    );
  printsNames(program.command('resume <target>'))
    .description('end a pause')
    .action((target: string) => withSession(async (session) => (await import('./scaling.ts')).resume(session, target)));
  printsNames(program.command('shadow <target> <state>'))
    .description('on: decide and record, do not act; off: act')
    .action((target: string, state: string) =>
      withSession(async (session) => (await import('./scaling.ts')).shadow(session, target, state)),
    );
  program
    .command('backtest <policy>')
    .description(
      'what an AutoscalingPolicy in a file would have done with the recorded demand of a service cluster, beside the one in force; nothing is stored',
    )
    .requiredOption('-a, --application <target>', 'the service cluster, APPLICATION or APPLICATION/ALIAS')
    .option('--since <duration>', 'how far back, such as 6h, 7d; at most 31d', '7d')
    .action((policy: string, options: BacktestCommandOptions) =>
      withSession(async (session) => (await import('./backtest.ts')).backtest(session, policy, options)),
    );
  program
    .command('freeze')
    .description(
      'freeze the whole platform: no autoscaling decision is acted on anywhere; manual numbers, replacements and roll-outs still are',
    )
    .option('--reason <text>', 'why; stands in every decision', 'frozen by hand')
    .option('--for <duration>', 'how long, such as 30m, 2h or 1d; until "unfreeze" if absent')
    .action((options: FreezeCommandOptions) =>
      withSession(async (session) => (await import('./scaling.ts')).freeze(session, options)),
    );
  program
    .command('unfreeze')
    .description('end the freeze of the platform')
    .action(() => withSession(async (session) => (await import('./scaling.ts')).unfreeze(session)));
}

/** As commander gives them. */
export interface BacktestCommandOptions {
  readonly application: string;
  readonly since: string;
}

/** As commander gives them. */
export interface FreezeCommandOptions {
  readonly reason: string;
  readonly for?: string;
}

/** As commander gives them. */
export interface ScaleCommandOptions {
  readonly atLeast?: string;
  readonly clear?: boolean;
  readonly reason: string;
  readonly for?: string;
}
