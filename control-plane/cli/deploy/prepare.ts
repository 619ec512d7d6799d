/** What `deploy` deploys and where to: reads the folder and its manifest, or makes one. Changes nothing. */
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { name as objectName } from '../../../schema/manifests/envelope.ts';
import { repositoryName } from '../../../schema/manifests/made-name.ts';
import type { Session } from '../client/session.ts';
import { applyText } from '../commands/apply.ts';
import type { DeployCommandOptions } from '../commands/register-deploy.ts';
import { CliError, EXIT, notFound, usage } from '../exit.ts';
import { GetApplication, ListCartridges } from '../generated/operations.ts';
import { say } from '../io.ts';
import { size, word } from '../output/text.ts';
import { detectCartridge, servesHttp } from './detect.ts';
import {
  applicationsIn,
  makeManifest,
  makeName,
  outline,
  withGitSource,
  type ApplicationOutline,
  type Component,
  type GitSource,
} from './manifest.ts';
import { readTree, type SourceTree } from './tree.ts';

export interface Prepared {
  readonly application: string;
  readonly alias: string;
  /** The session's, or that of the manifest. */
  readonly tenant: string | undefined;
  readonly source:
    { readonly kind: 'tree'; readonly tree: SourceTree } | { readonly kind: 'git'; readonly url: string };
  /** What is to be applied with it; `undefined`: the application stays as it is. */
  readonly manifests: Manifests | undefined;
}

interface Manifests {
  readonly text: string;
  /** What errors in it name as its place. */
  readonly fileName: string;
  readonly expectedGeneration?: number;
  /** What is said once they are applied. */
  readonly said: readonly string[];
}

interface Chosen {
  readonly application: ApplicationOutline;
  readonly manifests: Manifests | undefined;
}

const MANIFEST = 'cartwright.yaml';
/** One that nobody wrote has no lines that anybody could look up. */
const MADE = 'the manifest that deploy made';

/** Throws `CliError`. */
export async function prepare(
  session: Session,
  dir: string | undefined,
  options: DeployCommandOptions,
): Promise<Prepared> {
  if (options.branch !== undefined && options.git === undefined) throw usage('--branch goes with --git');
  const git = gitOf(options);
  // With --git alone no folder is looked at: the repository need not be checked out here.
  const directory = git !== undefined && dir === undefined ? undefined : resolve(session.io.cwd, dir ?? '.');
  const folder = directory === undefined ? undefined : await readFolder(session, directory);
  const { application, manifests } =
    folder?.manifests === undefined
      ? await known(session, folder, options, git)
      : await fromManifest(session, folder.manifests, options, git);
  const { alias, gitUrl } = chooseComponent(application, options.alias);
  const place = { application: application.name, alias, tenant: application.tenant ?? session.tenant, manifests };
  if (gitUrl === undefined) {
    if (folder === undefined) throw usage('there is nothing to deploy: give a folder, or --git URL');
    return { ...place, source: { kind: 'tree', tree: folder.tree } };
  }
  if (git === undefined) say(session.io, `its manifest names a Git repository: ${gitUrl} is deployed, not the folder`);
  return { ...place, source: { kind: 'git', url: gitUrl } };
}

interface Folder {
  readonly tree: SourceTree;
  /** Text of its cartwright.yaml, where it has one. */
  readonly manifests: string | undefined;
}

async function readFolder(session: Session, directory: string): Promise<Folder> {
  const tree = await readTree(directory);
  for (const path of tree.skipped) say(session.io, `${path} is no file and is left out`);
  return { tree, manifests: await readManifest(directory) };
}

function gitOf({ git, branch }: DeployCommandOptions): GitSource | undefined {
  return git === undefined ? undefined : { url: git, ...(branch === undefined ? {} : { branch }) };
}

/** The folder's manifest; `undefined` when there is none. */
async function readManifest(directory: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, MANIFEST), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw usage(`${join(directory, MANIFEST)} cannot be read: ${(error as Error).message}`);
  }
}

/**
 * Has the folder's manifest checked as it is, so that errors name its lines; with --git it is applied with the source that
 * was given.
 */
async function fromManifest(
  session: Session,
  manifests: string,
  options: DeployCommandOptions,
  git: GitSource | undefined,
): Promise<Chosen> {
  if (options.cartridge !== undefined) throw usage(`${MANIFEST} names the cartridge: leave out --cartridge`);
  const checked = await applyText(session, { manifests, fileName: MANIFEST, dryRun: true });
  const application = chooseApplication(applicationsIn(manifests), options.name);
  const { alias } = chooseComponent(application, options.alias);
  if (git !== undefined) return changed(application, alias, git);
  const said = checked.map(({ kind, name, result }) => `${kind} ${name} ${word(result)}`);
  return { application, manifests: { text: manifests, fileName: MANIFEST, said } };
}

function chooseApplication(found: readonly ApplicationOutline[], name: string | undefined): ApplicationOutline {
  const fitting = name === undefined ? found : found.filter((application) => application.name === name);
  if (fitting.length === 1) return fitting[0]!;
  const names = found.map((application) => application.name).join(', ') || 'none';
  throw usage(`${MANIFEST} holds these applications: ${names}; say which by --name`);
}

/** The application as it is stored, or a new one. */
async function known(
  session: Session,
  folder: Folder | undefined,
  options: DeployCommandOptions,
  git: GitSource | undefined,
): Promise<Chosen> {
  checkName('--name', options.name);
  const name =
    options.name ?? makeName(folder === undefined ? repositoryName(git?.url ?? '') : basename(folder.tree.directory));
  const { application } = await session.client.query(GetApplication, { tenant: session.tenant, name });
  const existing = outline(application?.manifest);
  if (existing === undefined) return create(session, name, folder?.tree, options, git);
  const component = chooseComponent(existing, options.alias);
  if (options.cartridge !== undefined && options.cartridge !== component.cartridge) {
    throw usage(
      `${name}/${component.alias} runs on ${String(component.cartridge)}; another cartridge needs another --name or --alias`,
    );
  }
  if (git !== undefined) return changed(existing, component.alias, git);
  return { application: existing, manifests: undefined };
}

function changed(application: ApplicationOutline, alias: string, git: GitSource): Chosen {
  const manifest = withGitSource(application.manifest, alias, git);
  const said = [`${application.name}/${alias} takes its source from ${git.url}`];
  return {
    application: outline(manifest) ?? application,
    manifests: { text: JSON.stringify(manifest, null, 2), fileName: MADE, said },
  };
}

async function create(
  session: Session,
  name: string,
  tree: SourceTree | undefined,
  options: DeployCommandOptions,
  git: GitSource | undefined,
): Promise<Chosen> {
  const { cartridges } = await session.client.query(ListCartridges, {});
  if (options.cartridge === undefined && tree === undefined)
    throw usage('with --git and no folder, say the cartridge: add --cartridge NAME');
  const cartridge = options.cartridge ?? detectCartridge(tree?.files ?? [], cartridges);
  const found = cartridges.find((candidate) => candidate.name === cartridge);
  // Said before the tree is sent; the control plane would refuse it, too.
  if (found !== undefined && found.unusable !== null) throw new CliError(EXIT.failed, found.unusable);
  checkName('--alias', options.alias);
  const alias = options.alias ?? (found === undefined || servesHttp(found) ? 'web' : 'worker');
  const manifest = makeManifest({ name, alias, cartridge, git });
  const files = tree === undefined || git !== undefined ? '' : ` (${tree.files.length} files, ${size(tree.bytes)})`;
  const said = [`new application ${name}: ${alias} on the cartridge ${cartridge}${files}`];
  return {
    application: outline(manifest)!,
    manifests: { text: JSON.stringify(manifest, null, 2), fileName: MADE, expectedGeneration: 0, said },
  };
}

/** Said before anything is sent. */
function checkName(option: string, given: string | undefined): void {
  const parsed = objectName.optional().safeParse(given);
  if (!parsed.success) throw usage(`${option}: ${parsed.error.issues[0]!.message}, found "${given}"`);
}

/** Throws when that is not clear. */
function chooseComponent({ name, components }: ApplicationOutline, alias: string | undefined): Component {
  const aliases = components.map((component) => component.alias).join(', ') || 'none';
  if (alias !== undefined) {
    const found = components.find((component) => component.alias === alias);
    if (found === undefined) throw notFound(`application "${name}" has no component "${alias}"; it has ${aliases}`);
    return found;
  }
  if (components.length === 1) return components[0]!;
  throw usage(`application "${name}" has these components: ${aliases}; say which by --alias`);
}
