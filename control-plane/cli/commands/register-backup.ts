/** `backup`: from a control plane that runs, or from the folder of one that does not. */
import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { backupOfFolder } from './server.ts';
import type { WithSession } from './register.ts';

export function registerBackupCommand(program: Command, io: Io, withSession: WithSession): void {
  program
    .command('backup <file>')
    .description('write everything that the control plane keeps (but no key) to one file; it may run meanwhile')
    .option('--data <dir>', 'from the folder of a control plane that does not run, without asking it')
    .action((file: string, options: { data?: string }) =>
      options.data === undefined
        ? withSession(async (session) => (await import('./backup.ts')).backup(session, file))
        : backupOfFolder(io, file, options.data),
    );
}
