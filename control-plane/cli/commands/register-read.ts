/** Commands that only look. */
import type { Command } from 'commander';
import { more, TARGET } from '../help.ts';
import { NOUNS } from '../nouns/all.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

export function registerReadCommands(program: Command, withSession: WithSession): void {
  printsNames(program.command('get').argument('<what...>', 'a noun and names, or NOUN/NAME'))
    .usage('[options] <noun> [name...]')
    .description('list things of a kind, or show those that are named; NOUN/NAME says the same as NOUN NAME')
    .option('-a, --application <target>', 'only what belongs to APPLICATION or APPLICATION/ALIAS')
    .option('--alias <alias>', 'with --application APPLICATION: only this component')
    .option(
      '-l, --selector <labels>',
      'only those with these labels: key=value, key!=value, key or !key, several with commas; of applications, policies and cartridges',
    )
    .option('--limit <n>', 'newest so many entries of lists that grow', '50')
    .option('--all', 'with instances: those that were stopped, too; with secrets: earlier versions, too')
    .option('--actions', 'with decisions: only those that changed the number of instances')
    .option('--type <type...>', 'with events: only of these types')
    .option('-w, --watch', 'show changes until interrupted: on a terminal in place, elsewhere each entry that changed')
    .addHelpText(
      'after',
      more({
        text: [
          `Nouns: ${NOUNS.join(', ')}; singular or plural.`,
          'With --watch each entry that is there is written, and then each that is new or has changed; one that is gone is {"gone": …} with the entry as it was last. With -o name only what is written down and stays (events, decisions) can be watched. See docs/cli.md#watching',
        ],
        examples: [
          'cartwright get clusters --watch',
          'cartwright get instances -a shop/web -o json',
          'cartwright get applications -w -o json | jq --unbuffered .name',
        ],
      }),
    )
    .action((words: string[], options: GetCommandOptions) =>
      withSession(async (session) => (await import('./get.ts')).get(session, words, options)),
    );
  printsNames(program.command('describe').argument('<what...>', 'a noun and names, or NOUN/NAME of each'))
    .usage('[options] <noun> <name...>')
    .description('show all about things of any noun that "get" has; NOUN/NAME says the same as NOUN NAME')
    .option('-a, --application <target>', 'what it belongs to: of a release number, a variable, a secret …')
    .option('-w, --watch', 'show changes until interrupted: on a terminal in place, elsewhere all of it again')
    .addHelpText(
      'after',
      more({
        text: [
          'A release is named by its uid, or by its number with --application. With --watch all of it is written again when it has changed.',
        ],
        examples: ['cartwright describe cluster shop/web --watch', 'cartwright describe release 3 -a shop'],
      }),
    )
    .action((words: string[], options: DescribeCommandOptions) =>
      withSession(async (session) => (await import('./describe.ts')).describe(session, words, options)),
    );
  program
    .command('plan')
    .argument('<target>', TARGET)
    .description('show where the next instances of APPLICATION[/ALIAS] would go, and why; changes nothing')
    .option('--instances <n>', 'for so many instances in all, 0 to 1000 (default: one more than there are)')
    .addHelpText(
      'after',
      more({
        text: [
          'Each partition with its instances, maximum, room, and why it takes no new ones; from where the first would go, where there are to be fewer: docs/placement.md',
        ],
        examples: ['cartwright plan shop --instances 12'],
      }),
    )
    .action((target: string, options: { instances?: string }) =>
      withSession(async (session) => (await import('./plan.ts')).plan(session, target, options)),
    );
  program
    .command('why')
    .argument('<what>', 'uid of an instance, or APPLICATION[/ALIAS]')
    .description('show what led to an instance (its uid) or to the number of instances of APPLICATION[/ALIAS]')
    .addHelpText(
      'after',
      more({
        text: ['Decision, place, object in the host cluster, events, and the state now.'],
        examples: ['cartwright why shop/web', 'cartwright why 01kbtq8v5n3e5x7d2c9f4g6h8j'],
      }),
    )
    .action((what: string) => withSession(async (session) => (await import('./why.ts')).why(session, what)));
  program
    .command('logs')
    .argument('<application>', 'APPLICATION, or APPLICATION/ALIAS')
    .description('print the newest lines of an application’s log, or search it')
    .option('--alias <alias>', 'only this component; APPLICATION/ALIAS says the same')
    .option('--instance <uid>', 'only this instance; the end of its uid is enough')
    .option('--stream <name>', 'only stdout, stderr, a declared file, hook-NAME, agent or platform')
    .option('--grep <text>', 'only lines with this text, upper and lower case being equal')
    .option('--regex <expression>', 'only lines in which this matches, in the syntax of RE2; (?i) ignores case')
    .option('--level <level>', 'only lines at least this severe: trace, debug, info, warn, error or fatal')
    .option('--since <when>', 'only lines of the last 10m, 2h …, or from a time such as 2026-03-01T12:00Z on')
    .option('--until <when>', 'only lines before then')
    .option('-f, --follow', 'go on with new lines until interrupted')
    .option('-n, --tail <n>', 'the last so many lines, 0 to 100000 (default: 100, with --since all)')
    .option('-t, --timestamps', 'each line after its time')
    .addHelpText(
      'after',
      more({
        text: [
          'Each line stands after alias/end-of-the-instance’s-uid, other streams than the application’s own in brackets. Where lines are missing it says so, and why: docs/logs.md#where-lines-are-missing',
          '-o json: one object a line, which is a line’s fields, or {"gap": …} where lines are missing.',
        ],
        examples: [
          'cartwright logs shop/web -f',
          'cartwright logs shop --since 10m --level warn',
          'cartwright logs shop --grep "payment failed" -n 20',
        ],
      }),
    )
    .action((application: string, options: LogsCommandOptions) =>
      withSession(async (session) => (await import('./logs.ts')).logs(session, application, options)),
    );
  printsNames(program.command('events'))
    .description('print what happened, the newest last: when, to what, and what it was')
    .option('-a, --application <target>', 'only of APPLICATION or APPLICATION/ALIAS, also of one that is gone')
    .option('--type <type...>', 'only of these types, such as instance.faulty')
    .option('--since <when>', 'only of the last 10m, 2h, 90d …, or from a time such as 2026-03-01T12:00Z on')
    .option('--limit <n>', 'newest so many', '50')
    .option('-f, --follow', 'go on with new events until interrupted')
    .addHelpText(
      'after',
      more({
        text: ['Those that are no longer kept are told of. With -f and -o json one object a line.'],
        examples: [
          'cartwright events -f',
          'cartwright events -a shop/web --since 2h',
          'cartwright events --type instance.faulty rollout.returned -f -o json | jq --unbuffered .subject.name',
        ],
      }),
    )
    .action((options: EventsCommandOptions) =>
      withSession(async (session) => (await import('./events.ts')).events(session, options)),
    );
  printsNames(program.command('decisions').argument('<target>', TARGET))
    .description('show what the autoscaler decided for APPLICATION[/ALIAS], and why')
    .option('-f, --follow', 'go on with new decisions until interrupted')
    .option('--actions', 'only those that changed the number of instances')
    .option('--limit <n>', 'newest so many', '50')
    .option('--replay <uid>', 'compute a stored decision again from its inputs and compare')
    .addHelpText(
      'after',
      more({
        text: ['With --replay the exit code is 1 where the decision comes out different.'],
        examples: [
          'cartwright decisions shop --actions',
          'cartwright decisions shop --replay 01kbtq8v5n3e5x7d2c9f4g6h8j',
        ],
      }),
    )
    .action((target: string, options: DecisionsCommandOptions) =>
      withSession(async (session) => (await import('./decisions.ts')).decisions(session, target, options)),
    );
  program
    .command('history')
    .argument('<target>', TARGET)
    .description('show what the demand of APPLICATION[/ALIAS] and its numbers of instances were')
    .option('--since <duration>', 'how far back, such as 30m, 6h, 90d', '10m')
    .option('--step <duration>', 'one row for so long, at least; about 20 rows if absent')
    .addHelpText('after', more({ examples: ['cartwright history shop --since 6h --step 5m'] }))
    .action((target: string, options: HistoryCommandOptions) =>
      withSession(async (session) => (await import('./history.ts')).history(session, target, options)),
    );
  program
    .command('usage')
    .description('show what was used, by the hour and service cluster; for billing')
    .option('--since <duration>', 'how far back, such as 24h, 30d', '24h')
    .option('-a, --application <name>', 'only of this application, also one that is gone')
    .option('--csv', 'print CSV with a line of titles')
    .option('--json-lines', 'print one JSON object a line')
    .addHelpText(
      'after',
      more({ examples: ['cartwright usage --since 30d --csv > usage.csv', 'cartwright usage -a shop'] }),
    )
    .action((options: UsageCommandOptions) =>
      withSession(async (session) => (await import('./usage.ts')).usage(session, options)),
    );
  program
    .command('audit')
    .description('show who asked for which change, what it changed and what became of it; for admins and operators')
    .option('--actor <token>', 'only what the token of this name or uid asked for')
    .option('--object <object>', 'only about this: a uid, a name, or APPLICATION/ALIAS')
    .option('--mutation <name>', 'only this mutation')
    .option('--outcome <outcome>', 'only what was done, unchanged, refused or failed')
    .option('--since <when>', 'only of the last 10m, 2h, 90d …, or from a time such as 2026-03-01T12:00Z on')
    .option('--limit <n>', 'newest so many', '50')
    .addHelpText(
      'after',
      more({
        text: ['Admins see their tenant, operators all. -o json has all fields of each record.'],
        examples: ['cartwright audit --object shop --since 2d', 'cartwright audit --actor ci --outcome refused'],
      }),
    )
    .action((options: AuditCommandOptions) =>
      withSession(async (session) => (await import('./audit.ts')).audit(session, options)),
    );
  printsNames(program.command('releases').argument('<target>', TARGET))
    .description('list the releases of APPLICATION[/ALIAS]')
    .option('--limit <n>', 'newest so many', '50')
    .addHelpText('after', more({ text: ['The newest is the last.'], examples: ['cartwright releases shop'] }))
    .action((target: string, options: { limit: string }) =>
      withSession(async (session) => (await import('./releases.ts')).releases(session, target, options)),
    );
}

/** As commander gives them. */
export interface GetCommandOptions {
  readonly application?: string;
  readonly alias?: string;
  readonly selector?: string;
  readonly limit: string;
  readonly all?: boolean;
  readonly actions?: boolean;
  readonly type?: readonly string[];
  readonly watch?: boolean;
}

export interface DescribeCommandOptions {
  readonly application?: string;
  readonly watch?: boolean;
}

export interface LogsCommandOptions {
  readonly alias?: string;
  readonly instance?: string;
  readonly stream?: string;
  readonly grep?: string;
  readonly regex?: string;
  readonly level?: string;
  readonly since?: string;
  readonly until?: string;
  readonly follow?: boolean;
  readonly tail?: string;
  readonly timestamps?: boolean;
}

export interface EventsCommandOptions {
  readonly application?: string;
  readonly type?: readonly string[];
  readonly since?: string;
  readonly limit: string;
  readonly follow?: boolean;
}

export interface DecisionsCommandOptions {
  readonly follow?: boolean;
  readonly actions?: boolean;
  readonly limit: string;
  readonly replay?: string;
}

export interface HistoryCommandOptions {
  readonly since: string;
  readonly step?: string;
}

export interface AuditCommandOptions {
  readonly actor?: string;
  readonly object?: string;
  readonly mutation?: string;
  readonly outcome?: string;
  readonly since?: string;
  readonly limit: string;
}

export interface UsageCommandOptions {
  readonly since: string;
  readonly application?: string;
  readonly csv?: boolean;
  readonly jsonLines?: boolean;
}
