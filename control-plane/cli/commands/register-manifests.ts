/** Commands about manifests: what is asked for, as files. */
import type { Command } from 'commander';
import { destroying } from '../confirm.ts';
import { CliError, EXIT } from '../exit.ts';
import { more } from '../help.ts';
import type { Io } from '../io.ts';
import type { ApplyOptions } from './apply.ts';
import type { ExportOptions } from './export.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

const FILE = [
  '-f, --file <path...>',
  'file, folder of *.yaml, *.yml and *.json, or - for stdin; several times if wanted',
] as const;

export function registerManifestCommands(
  program: Command,
  io: Io,
  withSession: WithSession,
  setExit: (code: number) => void,
): void {
  destroying(printsNames(program.command('apply')))
    .description(
      'make or change what manifests describe (YAML or JSON); with --prune also delete what they no longer do',
    )
    .requiredOption(...FILE)
    .option('--dry-run', 'only check and compare: say what would change, field by field; store nothing')
    .option('--prune', 'delete what carries the labels of --selector and is not in the files')
    .option('-l, --selector <labels>', 'with --prune: key=value, several with commas; all of them must be there')
    .option(
      '--kind <kind...>',
      'with --prune: only Application, AutoscalingPolicy or DeploymentPolicy; all three if absent',
    )
    .option(
      '--timeout <duration>',
      'with --prune: how long policies wait until applications that name them are gone; exit code 124 when it is over',
      '5m',
    )
    .addHelpText(
      'after',
      more({
        text: [
          'Errors name file and line, and so do warnings (on stderr, the exit code stays 0): docs/manifests.md#what-is-warned-of. A file with errors does not hold up the others. With --prune it asks, or wants --yes.',
          '-o json: an array of {kind, name, uid, result, warnings}, result one of CREATED, CHANGED, UNCHANGED, with --prune also PRUNED; with --dry-run each has changes, of {field, before, after}.',
        ],
        examples: [
          'cartwright apply -f cartwright.yaml --dry-run',
          'cartwright apply -f manifests/ --prune -l team=shop --yes',
        ],
      }),
    )
    .action((options: ApplyOptions) =>
      withSession(async (session) => (await import('./apply.ts')).apply(session, options)),
    );
  printsNames(program.command('diff'))
    .description(
      'show what "apply" would change, as a unified diff; exit code 0 where there is no difference, 1 where there is one, above 1 where it could not be told',
    )
    .requiredOption(...FILE)
    .addHelpText(
      'after',
      more({
        text: ['-o json: an array of what differs, each as with "apply", with its changes.'],
        examples: ['cartwright diff -f cartwright.yaml', 'cartwright export application shop | cartwright diff -f -'],
      }),
    )
    .action((options: { file: string[] }) =>
      aboveOne(io, () =>
        withSession(async (session) => {
          if (await (await import('./diff.ts')).diff(session, options.file)) setExit(EXIT.failed);
        }),
      ),
    );
  printsNames(program.command('export').argument('[what...]', 'a noun and names; all that can be exported if absent'))
    .usage('[options] [noun] [name...]')
    .description(
      'print the manifests of applications and policies (for operators also of applied cartridges), as "apply" takes them; no secrets, and nothing of what "config" sets',
    )
    .option('-l, --selector <labels>', 'only those with these labels: key=value, key!=value, key or !key, with commas')
    .addHelpText(
      'after',
      more({
        text: ['What is exported can be applied without a change. -o json: an array of manifests.'],
        examples: ['cartwright export application shop > shop.yaml', 'cartwright export -l team=shop -o json'],
      }),
    )
    .action((words: string[], options: ExportOptions) =>
      withSession(async (session) => (await import('./export.ts')).exportManifests(session, words, options)),
    );
}

/** As diff(1) has it, 1 is taken: every failure that has this code elsewhere ends with 2. */
async function aboveOne(io: Io, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (io.interrupted.aborted || (error instanceof CliError && error.exit !== EXIT.failed)) throw error;
    const message = error instanceof CliError ? error.message : ((error as Error).stack ?? String(error));
    throw new CliError(EXIT.usage, message, { cause: error });
  }
}
