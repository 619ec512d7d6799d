/** `cartridge init`, `build`, `push` and `apply`. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { name as cartridgeName } from '../../../schema/manifests/envelope.ts';
import type { Session } from '../client/session.ts';
import { CliError, EXIT, usage } from '../exit.ts';
import { findBuilder } from '../images/builder.ts';
import { readCartridgeFolder } from '../images/cartridge-folder.ts';
import { cartridgeTemplate } from '../images/cartridge-template.ts';
import { ImageError } from '../images/image-error.ts';
import { makeImages, tagOf, type Agent, type MadeImage } from '../images/make-images.ts';
import { agentRecipe } from '../images/platform-recipes.ts';
import { credentialsOf } from '../images/registry-login.ts';
import { Registry } from '../images/registry.ts';
import { failureText, IMAGE_COLUMNS, progressText } from '../images/report.ts';
import { runProgram } from '../images/run-program.ts';
import { say, type Io } from '../io.ts';
import type { Printer } from '../output/printer.ts';
import { word } from '../output/text.ts';
import { applyText } from './apply.ts';
import type { CartridgeApplyOptions, CartridgeBuildOptions, CartridgePushOptions } from './register-cartridge.ts';
import { packageRoot, packageVersion } from '../package.ts';

export async function init(io: Io, name: string): Promise<void> {
  const parsed = cartridgeName.safeParse(name);
  if (!parsed.success) throw usage(`the name of a cartridge: ${parsed.error.issues[0]!.message}, found "${name}"`);
  const directory = resolve(io.cwd, name);
  const present = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new CliError(EXIT.failed, `${directory} cannot be used (${error.code ?? error.message})`);
  });
  if (present.length > 0) throw new CliError(EXIT.failed, `${directory} is not empty; name another cartridge`);
  for (const { path, text, isExecutable } of cartridgeTemplate(name)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text, { mode: isExecutable ? 0o755 : 0o644 });
  }
  say(io, `${directory}: change it, then "cartwright cartridge build ${name}"`);
}

export async function build(
  io: Io,
  printer: Printer,
  directory: string,
  options: CartridgeBuildOptions,
): Promise<void> {
  await told(async () => {
    const image = await make(io, directory, options, undefined);
    await printer.list([image], IMAGE_COLUMNS, '');
  });
}

export async function push(io: Io, printer: Printer, directory: string, options: CartridgePushOptions): Promise<void> {
  await told(async () => {
    const image = await make(io, directory, options, await openRegistry(io, options));
    await printer.one(image, () => image.reference!);
  });
}

export async function apply(session: Session, directory: string, options: CartridgeApplyOptions): Promise<void> {
  const { io, printer } = session;
  await told(async () => {
    const { manifest } = await readCartridgeFolder(resolve(io.cwd, directory));
    const image = options.image ?? (await imageOf(io, directory, options));
    const asked = { ...manifest, spec: { ...manifest.spec, image } };
    const [applied] = await applyText(session, {
      manifests: JSON.stringify(asked),
      fileName: join(directory, 'cartridge.yaml'),
      dryRun: options.dryRun ?? false,
    });
    await printer.one(
      { ...applied, image },
      () =>
        `Cartridge ${manifest.metadata.name} ${word(applied!.result)}: ${image}${options.dryRun === true ? ' (dry run)' : ''}`,
    );
  });
}

async function make(
  io: Io,
  directory: string,
  options: CartridgeBuildOptions,
  registry: Registry | undefined,
): Promise<MadeImage> {
  const { recipe } = await readCartridgeFolder(resolve(io.cwd, directory));
  const onLine = options.verbose === true ? { onLine: (line: string) => say(io, line) } : {};
  const builder = await findBuilder(options.builder, runProgram, { env: io.env, signal: io.interrupted, ...onLine });
  const { made, failed } = await makeImages(
    [recipe],
    agentFrom(options.agent),
    {
      builder,
      registry,
      network: options.network,
      authorities: options.ca ?? io.env.NODE_EXTRA_CA_CERTS,
      arguments: {},
      isFresh: options.fresh ?? false,
      provenance: {},
      now: () => performance.now(),
    },
    (image) => say(io, progressText(image)),
  );
  if (failed.length > 0) throw new CliError(EXIT.failed, failed.map(failureText).join('\n'));
  return made.at(-1)!;
}

function agentFrom(image: string | undefined): Agent {
  return image === undefined
    ? { kind: 'recipe', recipe: agentRecipe(packageRoot(), packageVersion()) }
    : { kind: 'reference', reference: image };
}

async function openRegistry(io: Io, options: Pick<CartridgePushOptions, 'registry' | 'plainHttp'>): Promise<Registry> {
  const asked = options.registry ?? io.env.CARTWRIGHT_REGISTRY;
  if (asked === undefined) throw usage('name the registry: --registry HOST[:PORT][/PATH], or CARTWRIGHT_REGISTRY');
  return Registry.open(asked.replace(/\/+$/, ''), options.plainHttp ?? false, credentialsOf(io.env));
}

/** What the registry has of the folder as it is now. */
async function imageOf(io: Io, directory: string, options: CartridgeApplyOptions): Promise<string> {
  const registry = await openRegistry(io, options);
  const { recipe } = await readCartridgeFolder(resolve(io.cwd, directory));
  const agent = agentFrom(options.agent);
  const { tag } = await tagOf(
    recipe,
    agent.kind === 'reference' ? agent.reference : (await tagOf(agent.recipe, null)).tag,
  );
  const found = await registry.find(recipe.repository, tag);
  const repository = `${registry.prefix}/${recipe.repository}`;
  if (found !== undefined) return `${repository}@${found.digest}`;
  throw new CliError(
    EXIT.failed,
    `the registry has no ${repository}:${tag}, which is ${directory} as it is now: run "cartwright cartridge push ${directory} --registry ${registry.prefix}" first, or name another --image`,
  );
}

/** What went wrong with images is no defect of this program. */
async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new CliError(EXIT.failed, failureText({ name: '', error }), { cause: error });
  }
}
