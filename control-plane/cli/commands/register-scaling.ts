/** Commands that take the autoscaler by the hand. */
import type { Command } from 'commander';
import { COMPONENTS, DRY_RUN, more, TARGET } from '../help.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

const DRY_RUN_JSON =
  'With --dry-run it prints a sentence, and with -o json from, to, otherwise (the next decision without it), minimum, maximum, most, mostBy, until, next (where new ones would go) and the sentence.';

export function registerScalingCommands(program: Command, withSession: WithSession): void {
  printsNames(program.command('scale').argument('<target>', TARGET).argument('[instances]', 'exactly so many'))
    .description('hold APPLICATION[/ALIAS] at a number of instances for a time; bounds and quota still hold')
    .option('--at-least <n>', 'a floor instead of an exact number')
    .option('--clear', 'end the manual number')
    .option('--reason <text>', 'why; shown to everybody who looks', 'scaled by hand')
    .option('--for <duration>', 'how long, such as 30m, 2h or 1d; an hour if absent')
    .option('--dry-run', DRY_RUN)
    .addHelpText(
      'after',
      more({
        text: ['One of INSTANCES, --at-least and --clear is given.', DRY_RUN_JSON],
        examples: [
          'cartwright scale shop 5 --reason "the newsletter goes out" --for 2h',
          'cartwright scale shop/web --at-least 3',
          'cartwright scale shop --clear',
          'cartwright scale shop 5 --dry-run',
        ],
      }),
    )
    .action((target: string, instances: string | undefined, options: ScaleCommandOptions) =>
      withSession(async (session) => (await import('./scaling.ts')).scale(session, target, instances, options)),
    );
  printsNames(program.command('pause').argument('<target>', TARGET))
    .description('pause the scaling of APPLICATION[/ALIAS]; broken instances are still replaced')
    .requiredOption('--reason <text>', 'why; shown to everybody who looks')
    .option('--dry-run', DRY_RUN)
    .addHelpText(
      'after',
      more({
        text: ['Decisions are recorded and not acted on.'],
        examples: ['cartwright pause shop --reason "measuring by hand"'],
      }),
    )
    .action((target: string, options: PauseCommandOptions) =>
      withSession(async (session) => (await import('./scaling.ts')).pause(session, target, options)),
    );
  printsNames(program.command('resume').argument('<target>', TARGET))
    .description('end a pause')
    .option('--dry-run', DRY_RUN)
    .addHelpText('after', more({ examples: ['cartwright resume shop'] }))
    .action((target: string, options: Trial) =>
      withSession(async (session) => (await import('./scaling.ts')).resume(session, target, options)),
    );
  printsNames(program.command('shadow').argument('<target>', TARGET).argument('<state>', 'on or off'))
    .description('on: decide and record, do not act; off: act')
    .option('--dry-run', DRY_RUN)
    .addHelpText(
      'after',
      more({ text: ['As "cartwright pause", as a trial of a policy.'], examples: ['cartwright shadow shop/web on'] }),
    )
    .action((target: string, state: string, options: Trial) =>
      withSession(async (session) => (await import('./scaling.ts')).shadow(session, target, state, options)),
    );
  printsNames(program.command('stop').argument('<target>', COMPONENTS))
    .description('stop APPLICATION[/ALIAS]: nothing of it runs until it is started; what is configured stays')
    .option('--reason <text>', 'why; shown to everybody who looks', 'stopped by hand')
    .option('--dry-run', DRY_RUN)
    .addHelpText(
      'after',
      more({
        text: [
          'Without an alias all of the application but its load balancer, which answers for it: docs/operations.md#stopping-what-runs.',
          '-o json: an array of the service clusters after the change.',
        ],
        examples: ['cartwright stop shop/worker --reason "the queue is being moved"', 'cartwright stop shop'],
      }),
    )
    .action((target: string, options: PauseCommandOptions) =>
      withSession(async (session) => (await import('./stopping.ts')).stop(session, target, options)),
    );
  printsNames(program.command('start').argument('<target>', COMPONENTS))
    .description('start what was stopped, with as many instances as it had then')
    .option('--dry-run', DRY_RUN)
    .addHelpText(
      'after',
      more({
        text: ['-o json: an array of the service clusters after the change.'],
        examples: ['cartwright start shop'],
      }),
    )
    .action((target: string, options: Trial) =>
      withSession(async (session) => (await import('./stopping.ts')).start(session, target, options)),
    );
  program
    .command('backtest')
    .argument('<policy>', 'a file with an AutoscalingPolicy')
    .description(
      'what an AutoscalingPolicy in a file would have done with the recorded demand of a service cluster, beside the one in force; nothing is stored',
    )
    .requiredOption('-a, --application <target>', 'the service cluster, APPLICATION or APPLICATION/ALIAS')
    .option('--since <duration>', 'how far back, such as 6h, 7d; at most 31d', '7d')
    .addHelpText(
      'after',
      more({
        text: [
          'Beside it stands what the policy in force would have done, and what really ran: docs/elasticity.md#backtests. Ctrl-C cancels it.',
          '-o json: the backtest with its result, which has sentence, proposed, inForce, recorded (the last two may be null), what is known of the time, and notes.',
        ],
        examples: ['cartwright backtest policy.yaml -a shop --since 7d'],
      }),
    )
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
    .addHelpText(
      'after',
      more({
        text: ['For operators. What goes on meanwhile: docs/operations.md#freezing-the-platform'],
        examples: ['cartwright freeze --reason "the region fails over" --for 2h'],
      }),
    )
    .action((options: FreezeCommandOptions) =>
      withSession(async (session) => (await import('./scaling.ts')).freeze(session, options)),
    );
  program
    .command('unfreeze')
    .description('end the freeze of the platform')
    .addHelpText('after', more({ text: ['For operators.'], examples: ['cartwright unfreeze'] }))
    .action(() => withSession(async (session) => (await import('./scaling.ts')).unfreeze(session)));
}

/** As commander gives them. */
export interface BacktestCommandOptions {
  readonly application: string;
  readonly since: string;
}

/** As commander gives them. */
export interface Trial {
  readonly dryRun?: boolean;
}

/** As commander gives them. */
export interface PauseCommandOptions extends Trial {
  readonly reason: string;
}

/** As commander gives them. */
export interface FreezeCommandOptions {
  readonly reason: string;
  readonly for?: string;
}

/** As commander gives them. */
export interface ScaleCommandOptions extends Trial {
  readonly atLeast?: string;
  readonly clear?: boolean;
  readonly reason: string;
  readonly for?: string;
}
