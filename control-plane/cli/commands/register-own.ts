/** Commands about this program itself: which control planes it knows, its version, completion in a shell. */
import { Argument, type Command } from 'commander';
import type { Client } from '../client/client.ts';
import { more } from '../help.ts';
import type { Io } from '../io.ts';
import type { Format, Printer } from '../output/printer.ts';
import { printsNames } from './prints-names.ts';

interface Endpoints {
  readonly output: Format;
  readonly context?: string;
  readonly tenant?: string;
}

export function registerOwnCommands(program: Command, io: Io, printer: () => Printer): void {
  program
    .command('login')
    .argument('<url>', 'of the control plane')
    .description('store a token of a control plane; it is read from stdin, or asked for on a terminal')
    .option('--name <name>', 'name of the context; the host of the URL if absent')
    .addHelpText(
      'after',
      more({
        text: ['The token is checked first. It is kept in the file of contexts, and used for this URL alone.'],
        examples: [
          'cartwright login https://paas.example',
          'cartwright login https://paas.example --name work < token.txt',
        ],
      }),
    )
    .action(async (url: string, options: { name?: string }) => {
      const { login } = await import('./login.ts');
      await login(io, url, { ...options, ...program.opts<Endpoints>() });
    });
  printsNames(
    program
      .command('context')
      .argument('[action]', 'list or use; what is in use is shown if absent')
      .argument('[name]', 'with use: which'),
  )
    .description('show the control plane in use; "list" shows all, "use NAME" changes it')
    .addHelpText(
      'after',
      more({
        text: ['-o json, with list: an array of {name, url, tenant, current}; never tokens.'],
        examples: ['cartwright context list', 'cartwright context use local'],
      }),
    )
    .action(async (action: string | undefined, name: string | undefined) => {
      const { context } = await import('./context.ts');
      await context(io, printer(), action, name);
    });
  program
    .command('version')
    .description('print the version of this program and of the control plane that it talks to')
    .option('--client', 'of this program alone; ask nobody')
    .addHelpText(
      'after',
      more({
        text: [
          '"cartwright --version" prints that of this program alone, bare. -o json: {version, node, server}; server is {version, url}, or null.',
        ],
        examples: ['cartwright version'],
      }),
    )
    .action(async (options: { client?: boolean }) => {
      const { version } = await import('./version.ts');
      const connect = async (): Promise<Client> => {
        const [{ findEndpoint }, client] = await Promise.all([
          import('../client/endpoint.ts'),
          import('../client/client.ts'),
        ]);
        return new client.Client(await findEndpoint(io.env, program.opts<Endpoints>()), io.interrupted, io.env);
      };
      await version(io, printer(), options.client === true ? undefined : connect);
    });
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh']))
    .description('print a script that completes commands, options and names in a shell')
    .addHelpText(
      'after',
      more({
        text: ['Names are asked for while you type, with the token that is in force.'],
        examples: [
          'cartwright completion bash > ~/.local/share/bash-completion/completions/cartwright',
          'cartwright completion zsh > ~/.zfunc/_cartwright',
        ],
      }),
    )
    .action(async (shell: 'bash' | 'zsh') => {
      const { completion } = await import('./completion.ts');
      await completion(io, shell);
    });
  program
    .command('__complete [words...]', { hidden: true })
    .description('print what the last of the words could become, a line each')
    .action(async (words: string[]) => {
      const { complete } = await import('./completion.ts');
      await complete(io, words);
    });
}
