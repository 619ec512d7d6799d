/** Commands for metadata. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import type { WithSession } from './register.ts';

export function registerMetadataCommand(program: Command, withSession: WithSession): void {
  const metadata = program
    .command('metadata')
    .description('key-values that an application reads while it runs; no secrets');
  metadata
    .command('set <target> <key> <value>')
    .description('set a key of a component, or of all of APPLICATION; instances have it without a restart')
    .action((target: string, key: string, value: string) =>
      withSession(async (session) => (await import('./metadata.ts')).set(session, target, key, value)),
    );
  metadata
    .command('get <target> <key>')
    .description('print the value of a key that was set for APPLICATION, or for APPLICATION/ALIAS alone')
    .action((target: string, key: string) =>
      withSession(async (session) => (await import('./metadata.ts')).get(session, target, key)),
    );
  metadata
    .command('list <target>')
    .description('list what was set for APPLICATION, or for APPLICATION/ALIAS alone')
    .action((target: string) => withSession(async (session) => (await import('./metadata.ts')).list(session, target)));
  destroying(metadata.command('delete <target> <key...>'))
    .description('remove keys; those that are not there are no error')
    .action((target: string, keys: string[], options: Confirmation) =>
      withSession(async (session) => (await import('./metadata.ts')).remove(session, target, keys, options)),
    );
}
