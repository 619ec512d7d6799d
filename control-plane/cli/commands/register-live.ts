/** Commands that show what goes on now. */
import type { Command } from 'commander';
import type { WithSession } from './register.ts';

export function registerLiveCommands(program: Command, withSession: WithSession): void {
  program
    .command('forecast <target>')
    .description(
      'plot the demand of APPLICATION[/ALIAS] of the last minutes, what is foreseen with its error, and what the instances carry that are ready and that are starting',
    )
    .option('--factor <name>', 'by which factor; the one that is closest to what is ready if absent')
    .option('--since <duration>', 'how far back, such as 90s, 10m; two minutes or more if absent')
    .option('--width <n>', 'characters across; those of the terminal, or 80, if absent')
    .option('--height <n>', 'lines; those of the terminal, 24 at most, if absent')
    .option('--ascii', 'only characters of ASCII, also where the locale knows more')
    .option('-w, --watch', 'draw again as it changes, until interrupted')
    .addHelpText(
      'after',
      `
Examples:
  cartwright forecast shop --watch
  cartwright forecast shop/web --factor requestsInFlight --since 10m
  cartwright forecast shop -o json | jq .forecast.predicted`,
    )
    .action((target: string, options: ForecastCommandOptions) =>
      withSession(async (session) => (await import('./forecast.ts')).forecast(session, target, options)),
    );
}

/** As commander gives them. */
export interface ForecastCommandOptions {
  readonly factor?: string;
  readonly since?: string;
  readonly width?: string;
  readonly height?: string;
  readonly ascii?: boolean;
  readonly watch?: boolean;
}
