/** Commands for cartridges of somebody's own, which are images. */
import type { Command } from 'commander';
import { more } from '../help.ts';
import type { Io } from '../io.ts';
import type { Printer } from '../output/printer.ts';
import type { WithSession } from './register.ts';

/** As commander gives them. */
export interface CartridgeBuildOptions {
  readonly agent?: string;
  readonly builder?: string;
  readonly network?: string;
  readonly ca?: string;
  readonly fresh?: boolean;
  readonly verbose?: boolean;
}

export interface CartridgePushOptions extends CartridgeBuildOptions {
  readonly registry?: string;
  readonly plainHttp?: boolean;
}

export interface CartridgeApplyOptions {
  readonly agent?: string;
  readonly registry?: string;
  readonly plainHttp?: boolean;
  readonly image?: string;
  readonly dryRun?: boolean;
}

const REGISTRY = ['--registry <host>', 'HOST[:PORT][/PATH] of the registry; CARTWRIGHT_REGISTRY if absent'] as const;
const PLAIN = ['--plain-http', 'ask the registry without TLS; on this machine that is found out'] as const;
const AGENT = ['--agent <image>', 'the image that the agent is taken from; made of this program if absent'] as const;

export function registerCartridgeCommands(
  program: Command,
  io: Io,
  printer: () => Printer,
  withSession: WithSession,
): void {
  const cartridge = program.command('cartridge').description('cartridges of your own, as images');
  cartridge
    .command('init')
    .argument('<name>', 'of the cartridge, and of its folder')
    .description('write a folder NAME with a manifest, a Dockerfile and a hook, which builds as it is')
    .addHelpText(
      'after',
      more({
        text: ['What makes a cartridge: docs/images.md#your-own. Asks no control plane.'],
        examples: ['cartwright cartridge init ruby'],
      }),
    )
    .action(async (name: string) => (await import('./cartridge.ts')).init(io, name));
  const building = (command: Command): Command =>
    command
      .option(...AGENT)
      .option('--builder <name>', 'docker, podman or buildah; the first that works if absent')
      .option('--network <mode>', 'of the commands in the Dockerfile, such as host')
      .option('--ca <file>', 'authorities of a proxy that ends TLS, for these commands; NODE_EXTRA_CA_CERTS if absent')
      .option('--fresh', 'build it also if it has not changed, on base images fetched anew')
      .option('--verbose', 'show what the builder says');
  building(cartridge.command('build').argument('<dir>', 'folder of the cartridge'))
    .description('build the image of a cartridge on this machine, if its content has changed')
    .addHelpText(
      'after',
      more({
        text: ['Asks no control plane. -o json: an array with the image.'],
        examples: ['cartwright cartridge build ruby'],
      }),
    )
    .action(async (directory: string, options: CartridgeBuildOptions) =>
      (await import('./cartridge.ts')).build(io, printer(), directory, options),
    );
  building(cartridge.command('push').argument('<dir>', 'folder of the cartridge'))
    .description('build it, and push it to a registry; prints the image by its digest')
    .option(...REGISTRY)
    .option(...PLAIN)
    .addHelpText(
      'after',
      more({
        text: ['Asks no control plane. Logged in is with what docker, podman or buildah know.'],
        examples: ['cartwright cartridge push ruby --registry registry.example/cartridges'],
      }),
    )
    .action(async (directory: string, options: CartridgePushOptions) =>
      (await import('./cartridge.ts')).push(io, printer(), directory, options),
    );
  cartridge
    .command('apply')
    .argument('<dir>', 'folder of the cartridge')
    .description('make the pushed image a cartridge of the platform, or the newer version of one; for operators')
    .option(...REGISTRY)
    .option(...PLAIN)
    .option(...AGENT)
    .option('--image <image>', 'REPOSITORY@sha256:…, in place of what the registry has of this content')
    .option('--dry-run', 'only check it')
    .addHelpText(
      'after',
      more({
        text: ['-o json: {kind, name, uid, result, warnings, image}.'],
        examples: ['cartwright cartridge apply ruby --registry registry.example/cartridges'],
      }),
    )
    .action((directory: string, options: CartridgeApplyOptions) =>
      withSession(async (session) => (await import('./cartridge.ts')).apply(session, directory, options)),
    );
}
