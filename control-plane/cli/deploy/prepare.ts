/** What `deploy` deploys and where to: reads the folder and its manifest, or makes one, and applies it. */
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Session } from '../client/session.ts';
import { applyText } from '../commands/apply.ts';
import type { DeployCommandOptions } from '../commands/register-deploy.ts';
import { notFound, usage } from '../exit.ts';
import { GetApplication, ListCartridges } from '../generated/operations.ts';
import { say } from '../io.ts';
import { size, word } from '../output/text.ts';
import { detectCartridge, servesHttp } from './detect.ts';
import {
  applicationsIn,
  makeManifest,
  makeName,
  outline,
  repositoryName,
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
}

const MANIFEST = 'cartwright.yaml';

/** Afterwards the application and its service cluster exist. Throws `CliError`. */
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
  const application =
    folder?.manifests === undefined
      ? await known(session, folder, options, git)
      : await fromManifest(session, folder.manifests, options, git);
  const { alias, gitUrl } = chooseComponent(application, options.alias);
  const place = { application: application.name, alias, tenant: application.tenant ?? session.tenant };
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
 * Has the folder's manifest checked as it is, so that errors name its lines, and applies it; with --git, with the source that
 * was given. Nothing is stored when the command line does not fit it.
 */
async function fromManifest(
  session: Session,
  manifests: string,
  options: DeployCommandOptions,
  git: GitSource | undefined,
): Promise<ApplicationOutline> {
  if (options.cartridge !== undefined) throw usage(`${MANIFEST} names the cartridge: leave out --cartridge`);
  await applyText(session, { manifests, fileName: MANIFEST, dryRun: true });
  const application = chooseApplication(applicationsIn(manifests), options.name);
  const { alias } = chooseComponent(application, options.alias);
  if (git !== undefined) return applyChanged(session, application, alias, git);
  for (const { kind, name, result } of await applyText(session, { manifests, fileName: MANIFEST })) {
    say(session.io, `${kind} ${name} ${word(result)}`);
  }
  return application;
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
): Promise<ApplicationOutline> {
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
  return git === undefined ? existing : applyChanged(session, existing, component.alias, git);
}

async function applyChanged(
  session: Session,
  application: ApplicationOutline,
  alias: string,
  git: GitSource,
): Promise<ApplicationOutline> {
  const manifest = withGitSource(application.manifest, alias, git);
  await applyText(session, { manifests: JSON.stringify(manifest, null, 2), fileName: MANIFEST });
  say(session.io, `${application.name}/${alias} takes its source from ${git.url}`);
  return outline(manifest) ?? application;
}

async function create(
  session: Session,
  name: string,
  tree: SourceTree | undefined,
  options: DeployCommandOptions,
  git: GitSource | undefined,
): Promise<ApplicationOutline> {
  const { cartridges } = await session.client.query(ListCartridges, {});
  if (options.cartridge === undefined && tree === undefined)
    throw usage('with --git and no folder, say the cartridge: add --cartridge NAME');
  const cartridge = options.cartridge ?? detectCartridge(tree?.files ?? [], cartridges);
  const found = cartridges.find((candidate) => candidate.name === cartridge);
  const alias = options.alias ?? (found === undefined || servesHttp(found) ? 'web' : 'worker');
  const manifest = makeManifest({ name, alias, cartridge, git });
  await applyText(session, { manifests: JSON.stringify(manifest, null, 2), fileName: MANIFEST, expectedGeneration: 0 });
  const files = tree === undefined || git !== undefined ? '' : ` (${tree.files.length} files, ${size(tree.bytes)})`;
  say(session.io, `new application ${name}: ${alias} on the cartridge ${cartridge}${files}`);
  return outline(manifest)!;
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
