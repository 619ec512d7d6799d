/** Commands for metadata. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import { COMPONENTS, more } from '../help.ts';
import type { WithSession } from './register.ts';

export function registerMetadataCommand(program: Command, withSession: WithSession): void {
  const metadata = program
    .command('metadata')
    .description('key-values that an application reads while it runs; no secrets');
  metadata
    .command('set')
    .argument('<target>', COMPONENTS)
    .argument('<key>', 'which')
    .argument('<value>', 'anything but a secret')
    .description('set a key of a component, or of all of APPLICATION; instances have it without a restart')
    .addHelpText(
      'after',
      more({
        text: ['How applications read it: docs/metadata.md'],
        examples: ['cartwright metadata set shop feature.search on'],
      }),
    )
    .action((target: string, key: string, value: string) =>
      withSession(async (session) => (await import('./metadata.ts')).set(session, target, key, value)),
    );
  metadata
    .command('get')
    .argument('<target>', 'APPLICATION or APPLICATION/ALIAS')
    .argument('<key>', 'which')
    .description('print the value of a key that was set for APPLICATION, or for APPLICATION/ALIAS alone')
    .addHelpText('after', more({ examples: ['cartwright metadata get shop feature.search'] }))
    .action((target: string, key: string) =>
      withSession(async (session) => (await import('./metadata.ts')).get(session, target, key)),
    );
  metadata
    .command('list')
    .argument('<target>', 'APPLICATION or APPLICATION/ALIAS')
    .description('list what was set for APPLICATION, or for APPLICATION/ALIAS alone')
    .addHelpText('after', more({ examples: ['cartwright metadata list shop/web'] }))
    .action((target: string) => withSession(async (session) => (await import('./metadata.ts')).list(session, target)));
  destroying(metadata.command('delete').argument('<target>', COMPONENTS).argument('<key...>', 'which'))
    .description('remove keys; those that are not there are no error')
    .addHelpText('after', more({ examples: ['cartwright metadata delete shop feature.search --yes'] }))
    .action((target: string, keys: string[], options: Confirmation) =>
      withSession(async (session) => (await import('./metadata.ts')).remove(session, target, keys, options)),
    );
}
