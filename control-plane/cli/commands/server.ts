/** `serve`, `demo` and `keys`: the control plane itself, loaded only when it is asked for and the machine can run it. */
import type { Command } from 'commander';
import { CliError, EXIT, usage } from '../exit.ts';
import { more } from '../help.ts';
import type { Io } from '../io.ts';
import type { Format, Printer } from '../output/printer.ts';
import { missingRequirement } from '../requirements.ts';

export function registerServerCommands(
  program: Command,
  io: Io,
  printer: () => Printer,
  setExit: (code: number) => void,
): void {
  registerKeys(program, io, setExit);
  program
    .command('serve')
    .description('run a control plane on this machine (Linux, Node.js 24 or newer)')
    .option('--data <dir>', 'folder that it keeps everything in; CARTWRIGHT_DATA otherwise')
    .addHelpText(
      'after',
      more({
        text: ['All settings: docs/operations.md'],
        examples: ['cartwright serve', 'cartwright serve --data /var/lib/cartwright/data'],
      }),
    )
    .action(async (options: { data?: string }) => {
      requireMachine('serve');
      const { run } = await import('./serve.ts');
      setExit(await run(options));
    });
  program
    .command('restore')
    .argument('<file>', 'as "cartwright backup" wrote it')
    .description('put a backup into the folder of a control plane that does not run')
    .option('--data <dir>', 'folder of the control plane; CARTWRIGHT_DATA otherwise')
    .addHelpText(
      'after',
      more({
        text: [
          'All of it is checked before anything is changed, and what was there before is kept beside it: docs/operations.md#restoring',
          '-o json: {createdAt, cartwright, rows, artifacts, keyReference, replaced, refusedUsers}; replaced is the folder of what was there before, or null.',
        ],
        examples: ['cartwright restore cartwright.tar --data /var/lib/cartwright/data'],
      }),
    )
    .action(async (file: string, options: { data?: string }) => {
      requireMachine('restore');
      const { restore } = await import('./folder.ts');
      await restore(io, printer(), file, options.data);
    });
  program
    .command('mosquitto-users')
    .description(
      'print the file that Mosquitto’s dynamic-security plugin starts with: the users that CARTWRIGHT_BROKER_* name',
    )
    .addHelpText(
      'after',
      more({
        text: ['The settings are those of the control plane: docs/mqtt.md#mosquitto-with-its-dynamic-security-plugin'],
        examples: ['cartwright mosquitto-users > dynamic-security.json'],
      }),
    )
    .action(async () => {
      const { mosquittoUsers } = await import('./mosquitto-users.ts');
      setExit(await mosquittoUsers(io));
    });
  program
    .command('demo')
    .description('deploy a sample in a temporary folder, drive load through it and show what is decided and why')
    .option('--trace <file>', 'CSV of the load to drive instead of the generated day')
    .option('--json', 'print one JSON object and nothing else')
    .option('--keep', 'leave everything running and print where')
    .option('--seconds <n>', 'length of the generated day')
    .addHelpText(
      'after',
      more({
        text: [
          'With --keep it prints a link that signs a browser in when its control plane answers, and one more at its end. The exit code is 1 where a figure is not as promised.',
        ],
        examples: ['cartwright demo', 'cartwright demo --json --seconds 60', 'cartwright demo --keep'],
      }),
    )
    .action(async (options: { trace?: string; json?: boolean; keep?: boolean; seconds?: string }) => {
      requireMachine('demo');
      const { seconds, ...others } = options;
      const { run } = await import('./demo.ts');
      const length = seconds === undefined ? {} : { seconds: parseSeconds(seconds) };
      setExit(await run({ ...others, ...length }));
    });
}

function registerKeys(program: Command, io: Io, setExit: (code: number) => void): void {
  const keys = program
    .command('keys')
    .description('the keys that the control plane of this machine encrypts secrets with');
  const actions = [
    { name: 'list', description: 'list their ids and ages, the current one last; never the keys' },
    { name: 'rotate', description: 'add a key; the next start encrypts every secret with it' },
  ] as const;
  for (const { name, description } of actions) {
    keys
      .command(name)
      .description(description)
      .option(
        '--data <dir>',
        'folder of the control plane; CARTWRIGHT_DATA otherwise. CARTWRIGHT_KEY_FILE names the file',
      )
      .addHelpText('after', more({ examples: [`cartwright keys ${name}`] }))
      .action(async (options: { data?: string }) => {
        const commands = await import('./keys.ts');
        setExit(await commands[name](io, { ...options, ...program.opts<{ output: Format }>() }));
      });
  }
}

/** `backup --data`. */
export async function backupOfFolder(io: Io, printer: Printer, file: string, data: string): Promise<void> {
  requireMachine('backup --data');
  const { backup } = await import('./folder.ts');
  await backup(io, printer, file, data);
}

function requireMachine(command: string): void {
  const missing = missingRequirement(command, { nodeVersion: process.versions.node, platform: process.platform });
  if (missing !== undefined) throw new CliError(EXIT.failed, missing);
}

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw usage(`--seconds: expected a number above 0, got "${text}"`);
  return seconds;
}
