/** `backup`: from a control plane that runs, or from the folder of one that does not. */
import type { Command } from 'commander';
import { more } from '../help.ts';
import type { Io } from '../io.ts';
import type { Printer } from '../output/printer.ts';
import { backupOfFolder } from './server.ts';
import type { WithSession } from './register.ts';

export function registerBackupCommand(
  program: Command,
  io: Io,
  printer: () => Printer,
  withSession: WithSession,
): void {
  program
    .command('backup')
    .argument('<file>', 'is made; one that is there already is not written to')
    .description('write everything that the control plane keeps (but no key) to one file; it may run meanwhile')
    .option('--data <dir>', 'from the folder of a control plane that does not run, without asking it')
    .addHelpText(
      'after',
      more({
        text: [
          'For operators; what is in it: docs/operations.md#backup',
          '-o json: {file, bytes, sha256, createdAt, cartwright, rows, artifacts, keyReference}; keyReference names the key that its secrets need.',
        ],
        examples: [
          'cartwright backup cartwright.tar',
          'cartwright backup cartwright.tar --data /var/lib/cartwright/data',
        ],
      }),
    )
    .action((file: string, options: { data?: string }) =>
      options.data === undefined
        ? withSession(async (session) => (await import('./backup.ts')).backup(session, file))
        : backupOfFolder(io, printer(), file, options.data),
    );
}
