/** `keys status`, which asks the control plane; the other commands of `keys` are about files of this machine. */
import type { Command } from 'commander';
import { more } from '../help.ts';
import type { WithSession } from './register.ts';

/** `keys` must be there already. */
export function registerKeysStatusCommand(program: Command, withSession: WithSession): void {
  program.commands
    .find((command) => command.name() === 'keys')
    ?.command('status')
    .description('show how far the tokens of running instances have followed a rotation; asks the control plane')
    .addHelpText(
      'after',
      more({
        text: ['What follows a rotation: docs/operations.md#tokens-of-instances'],
        examples: ['cartwright keys status'],
      }),
    )
    .action(() => withSession(async (session) => (await import('./keys-status.ts')).keysStatus(session)));
}
