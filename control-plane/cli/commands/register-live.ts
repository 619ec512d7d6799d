/** Commands that show what goes on now. */
import type { Command } from 'commander';
import { more, TARGET } from '../help.ts';
import type { WithSession } from './register.ts';

export function registerLiveCommands(
  program: Command,
  withSession: WithSession,
  setExit: (code: number) => void,
): void {
  program
    .command('forecast')
    .argument('<target>', TARGET)
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
      more({
        text: [
          'A plot: the demand of the last minutes, behind the line of now what is foreseen with its standard error, and what the instances carry at the target: those that are ready, and with those that are starting. Braille where the locale is UTF-8, otherwise ASCII.',
          '-o json: {factor, target, at, instances, capacity, observed, forecast}. capacity is {ready, withStarting}; observed has demand, ready and withStarting by step from its from on, null where nothing is known; forecast (null before there is one) has predicted, error, horizonSeconds and, second by second, path. With --watch one object a line.',
        ],
        examples: [
          'cartwright forecast shop --watch',
          'cartwright forecast shop/web --factor requestsInFlight --since 10m',
          'cartwright forecast shop -o json | jq .forecast.predicted',
        ],
      }),
    )
    .action((target: string, options: ForecastCommandOptions) =>
      withSession(async (session) => (await import('./forecast.ts')).forecast(session, target, options)),
    );
  program
    .command('doctor')
    .description(
      'look whether the platform is well (connection, versions, clocks, certificates, freeze; for operators broker, database, lease, disk, host clusters and more), and say what to do where it is not',
    )
    .addHelpText(
      'after',
      more({
        text: [
          'Looked at are connection, versions of program, control plane and agents, clocks, certificates and freeze; for operators also database, lease, broker, queue of writes, disk, dropped lines and host clusters. The exit code is 1 where something has failed; warnings leave it at 0. Who is no operator is told what was left out.',
          '-o json: an array of {name, state, message, advice}, state one of ok, warning, failure, left-out.',
        ],
        examples: ['cartwright doctor', 'cartwright doctor -o json | jq \'.[] | select(.state != "ok")\''],
      }),
    )
    .action(() => withSession(async (session) => setExit(await (await import('./doctor.ts')).doctor(session))));
  program
    .command('top')
    .argument('[target]', 'APPLICATION or APPLICATION/ALIAS; all service clusters if absent')
    .description(
      'show service clusters by how much of what their instances carry is asked for, live on a terminal; with APPLICATION[/ALIAS] its instances',
    )
    .option('-a, --application <name>', 'without a target: only the service clusters of this application')
    .addHelpText(
      'after',
      more({
        text: [
          'Service clusters by what is asked of them over what their instances carry at the target, and with the forecast, and what needs a person; for operators of all tenants unless --tenant names one. With a target its instances: load, memory, in flight, age of the sample.',
          'It has the whole terminal until q (or Ctrl-C) and leaves it as it was: arrows, j and k, page up and down, g and G move; s takes the next order; / filters, Esc clears the filter. Where the terminal is narrow, columns are left out. Without a terminal one table is written, and that is all.',
          '-o json: an array of {uid, name, wanted, active, starting, faulty, requestsPerSecond, queued, factor, release, control, attention}, with a target of {uid, state, release, loadAverage, memory, memoryBytes, requestsInFlight, sampleAgeSeconds, activeAt, reason}.',
        ],
        examples: [
          'cartwright top',
          'cartwright top shop/web',
          "cartwright top -o json | jq '.[] | select(.factor.observed > .factor.capacity) | .name'",
        ],
      }),
    )
    .action((target: string | undefined, options: { application?: string }) =>
      withSession(async (session) => setExit(await (await import('./top.ts')).top(session, target, options))),
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
